/** Which functions a table has: outputs that are the same in every row are copies of one, and so are their negations. */
import type { TruthTable } from './truth-table.ts'

export interface OutputFunction {
  /** The outputs that have it, the first of them plain. */
  readonly outputs: readonly { readonly output: number; readonly negated: boolean }[]
  /** Numbers of the inputs that change it in some row, ascending. */
  readonly inputs: readonly number[]
}

/** Each function once, by its first output. */
export function outputFunctions(table: TruthTable): OutputFunction[] {
  const { inputs, outputs, rows, values } = table
  const found = new Map<string, { output: number; negated: boolean }[]>()
  for (let output = 0; output < outputs; output++) {
    const [first] = values.subarray(output)
    const key = Array.from({ length: rows }, (_, row) => values[row * outputs + output] ^ first).join('')
    const copies = found.get(key) ?? []
    const plain = copies.length === 0 ? first : values[copies[0].output]
    found.set(key, [...copies, { output, negated: plain !== first }])
  }
  return [...found.values()].map(copies => ({
    outputs: copies,
    inputs: Array.from({ length: inputs }, (_, i) => i).filter(i => changes(table, i, copies[0].output)),
  }))
}

function changes({ inputs, outputs, rows, values }: TruthTable, input: number, output: number): boolean {
  const bit = 1 << (inputs - 1 - input)
  for (let row = 0; row < rows; row++)
    if (values[row * outputs + output] !== values[(row ^ bit) * outputs + output]) return true
  return false
}

/** One function over its own inputs: a table with one output. */
export function functionTable(table: TruthTable, { outputs: [{ output }], inputs }: OutputFunction): TruthTable {
  const rows = 2 ** inputs.length
  const values = Uint8Array.from({ length: rows }, (_, row) => {
    const whole = inputs.reduce(
      (sum, input, i) => sum | (((row >> (inputs.length - 1 - i)) & 1) << (table.inputs - 1 - input)),
      0,
    )
    return table.values[whole * table.outputs + output]
  })
  return { inputs: inputs.length, outputs: 1, rows, values }
}
