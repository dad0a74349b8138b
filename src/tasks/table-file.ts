/**
 * A truth table as text: a row a line, input bits, an arrow or a colon, output bits; spaces and commas between bits are
 * free, `#` begins a comment, rows come in any order.
 *
 *     00 -> 0
 *     01 -> 1     # and so on: all 2ⁿ rows
 */
import { FormatError } from '../errors.ts'
import type { TruthTable } from './truth-table.ts'

const MOST_INPUTS = 20

/** Whether a text is a table rather than a function graph: its first statement begins with a bit. */
export function isTableText(text: string): boolean {
  return /^[01]/.test(statements(text)[0]?.text ?? '')
}

/**
 * @param name begins the sentence of errors.
 * @throws FormatError for a line that is no row, rows of unequal length, rows that contradict each other, missing rows.
 */
export function parseTruthTable(text: string, name: string): TruthTable {
  const fail = (message: string) => new FormatError('format.truth-table', `${name}${message}`)
  const rows = statements(text).map(({ text: row, line }) => {
    const match = /^([01\s,]+)(?:->|→|:|=)([01\s,]+)$/.exec(row)
    if (!match) throw fail(`, line ${line}: "${row}" is no row; write input bits, an arrow, output bits, e.g. 01 -> 1.`)
    const [inputs, outputs] = [match[1], match[2]].map(bits => bits.replace(/[\s,]/g, ''))
    return { inputs, outputs, line }
  })
  if (rows.length === 0) throw fail(' holds no row; write input bits, an arrow, output bits, e.g. 01 -> 1.')
  const [first] = rows
  const [inputs, outputs] = [first.inputs.length, first.outputs.length]
  if (inputs < 1 || inputs > MOST_INPUTS || outputs < 1)
    throw fail(`, line ${first.line}: a row needs 1 to ${MOST_INPUTS} input bits and at least one output bit.`)
  const values = new Uint8Array(2 ** inputs * outputs)
  const seen = new Map<number, (typeof rows)[number]>()
  for (const row of rows) {
    if (row.inputs.length !== inputs || row.outputs.length !== outputs)
      throw fail(
        `, line ${row.line}: ${row.inputs.length} inputs and ${row.outputs.length} outputs, but line ${first.line} has ${inputs} and ${outputs}.`,
      )
    const index = Number.parseInt(row.inputs, 2)
    const before = seen.get(index)
    if (before && before.outputs !== row.outputs)
      throw fail(
        `: lines ${before.line} and ${row.line} contradict each other: ${row.inputs} gives ${before.outputs} and ${row.outputs}. Keep one.`,
      )
    seen.set(index, row)
    for (let o = 0; o < outputs; o++) values[index * outputs + o] = row.outputs[o] === '1' ? 1 : 0
  }
  if (seen.size < 2 ** inputs) {
    const missing = Array.from({ length: 2 ** inputs }, (_, index) => index).find(index => !seen.has(index))!
    throw fail(
      ` has ${seen.size} of the ${2 ** inputs} rows of ${inputs} inputs; ${missing.toString(2).padStart(inputs, '0')} is missing. Give all rows.`,
    )
  }
  return { inputs, outputs, rows: 2 ** inputs, values }
}

function statements(text: string): { text: string; line: number }[] {
  return text
    .split('\n')
    .map((line, i) => ({ text: line.replace(/#.*$/, '').trim(), line: i + 1 }))
    .filter(({ text: statement }) => statement !== '')
}
