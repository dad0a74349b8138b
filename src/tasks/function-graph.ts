/**
 * Function graphs: a Boolean task told by its sub-functions, so that the truth about its modules is known. One statement
 * a line, `#` begins a remark:
 *
 *   inputs x0 x1 x2 x3
 *   define A(p, q, r, s) = 0001000000101000     the last column of a truth table, p its most significant bit
 *   define B(p, q) = p & !q                     or an expression of the parameters
 *   early.m = A(x0, x1, x2, x3)                 values of one name before the dot are one sub-function
 *   early.n = x0 ^ x1
 *   late = B(early.m, early.n)
 *   outputs late !late early.n                  values, plain or negated
 *
 * Values may be told in any order.
 */
import { FormatError } from '../errors.ts'
import { suggestion } from '../near-match.ts'
import {
  type Definitions,
  type Expression,
  evaluate,
  inputColumns,
  NAME,
  namesIn,
  parseExpression,
} from './boolean-expression.ts'
import type { TruthTable } from './truth-table.ts'

export interface FunctionGraph {
  readonly name: string
  readonly inputs: readonly string[]
  /** Each after those it is made of. */
  readonly values: readonly GraphValue[]
  readonly outputs: readonly GraphOutput[]
}

interface GraphValue {
  readonly name: string
  /** The sub-function it belongs to: its name up to the dot. */
  readonly part: string
  readonly expression: Expression
  /** The inputs and values it is made of. */
  readonly sources: readonly string[]
}

interface GraphOutput {
  /** An input or a value. */
  readonly value: string
  readonly negated: boolean
}

/** A table of 2²⁰ rows is the largest that is made. */
const MOST_INPUTS = 20

/**
 * @param name for messages and results.
 * @throws FormatError naming the line: what cannot be read, names that are unknown or told twice, values that depend on
 *   themselves, more than 20 inputs.
 */
export function parseFunctionGraph(text: string, name: string): FunctionGraph {
  const definitions = new Map<string, { parameters: number; table: Uint8Array }>()
  const told = new Map<string, GraphValue & { readonly line: number }>()
  let inputs: string[] | undefined
  let outputs: (GraphOutput & { readonly line: number })[] | undefined

  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/#.*/, '').trim()
    const fail = failure(name, index + 1)
    const [, keyword, rest] = /^(inputs|outputs)\s+(.*)$/.exec(line) ?? []
    if (line === '') continue
    if (keyword === 'inputs') {
      if (inputs) fail('inputs are told a second time.')
      inputs = names(rest, fail)
      if (new Set(inputs).size < inputs.length) fail('an input is named twice.')
      if (inputs.length > MOST_INPUTS) fail(`${inputs.length} inputs are too many; a table has at most ${MOST_INPUTS}.`)
    } else if (keyword === 'outputs') {
      if (outputs) fail('outputs are told a second time.')
      outputs = rest.split(/\s+/).map(output => ({
        value: names(output.replace(/^!/, ''), fail)[0],
        negated: output.startsWith('!'),
        line: index + 1,
      }))
    } else if (/^define\s/.test(line)) {
      const [defined, parameters, table] = parseDefinition(line, definitions, fail)
      if (definitions.has(defined)) fail(`the function "${defined}" is defined a second time.`)
      definitions.set(defined, { parameters, table })
    } else {
      const match = new RegExp(`^(${NAME.source})\\s*=(.*)$`).exec(line)
      if (!match) return fail(`"${line.slice(0, 60)}" is no statement; there are inputs, define, name = …, outputs.`)
      const [, value, expressionText] = match
      if (told.has(value)) fail(`"${value}" is told a second time.`)
      const expression = parseExpression(expressionText, definitions, fail)
      told.set(value, {
        name: value,
        part: value.split('.')[0],
        expression,
        sources: namesIn(expression),
        line: index + 1,
      })
    }
  }

  const last = failure(name)
  if (!inputs) return last('there is no line "inputs …".')
  if (!outputs) return last('there is no line "outputs …".')
  const known = [...inputs, ...told.keys()]
  const check = (source: string, line: number) => {
    if (!known.includes(source)) failure(name, line)(`there is no "${source}".${suggestion(source, known)}`)
  }
  for (const input of inputs) if (told.has(input)) last(`"${input}" is an input and a value; give one another name.`)
  for (const { sources, line } of told.values()) for (const source of sources) check(source, line)
  for (const { value, line } of outputs) check(value, line)
  return {
    name,
    inputs,
    values: inOrder(told, name),
    outputs: outputs.map(({ value, negated }) => ({ value, negated })),
  }
}

type Fail = (what: string) => never

function failure(name: string, line?: number): Fail {
  return what => {
    throw new FormatError('format.function-graph', `${name}${line === undefined ? '' : `, line ${line}`}: ${what}`)
  }
}

function names(text: string, fail: Fail): string[] {
  const whole = new RegExp(`^${NAME.source}$`)
  const found = text.split(/\s+/)
  for (const one of found) if (!whole.test(one)) fail(`"${one}" is no name; names are letters, digits and _.`)
  return found
}

function parseDefinition(line: string, definitions: Definitions, fail: Fail): [string, number, Uint8Array] {
  const match = /^define\s+([A-Za-z_]\w*)\s*\(([^)]*)\)\s*=(.*)$/.exec(line)
  if (!match) return fail('a definition reads "define NAME(a, b) = …".')
  const parameters = names(match[2].trim().replace(/\s*,\s*/g, ' '), fail)
  const body = match[3].trim()
  const rows = 2 ** parameters.length
  if (/^[01]+$/.test(body)) {
    if (body.length !== rows) fail(`a table of ${parameters.length} parameters has ${rows} digits, not ${body.length}.`)
    return [match[1], parameters.length, Uint8Array.from(body, Number)]
  }
  if (parameters.length > MOST_INPUTS) fail(`${parameters.length} parameters are too many.`)
  const expression = parseExpression(body, definitions, fail)
  for (const used of namesIn(expression)) if (!parameters.includes(used)) fail(`"${used}" is no parameter.`)
  const columns = inputColumns(parameters.length)
  const table = evaluate(expression, new Map(parameters.map((parameter, i) => [parameter, columns[i]])), rows)
  return [match[1], parameters.length, table]
}

/** The values so that each stands after what it is made of. Sub-functions must be in order as wholes, too. */
function inOrder(told: ReadonlyMap<string, GraphValue>, name: string): GraphValue[] {
  const fail = failure(name)
  const values = afterSources([...told.keys()], value => told.get(value)?.sources ?? [], fail)
    .filter(value => told.has(value))
    .map(value => told.get(value) as GraphValue)
  const parts = new Map(values.map(({ part }) => [part, new Set<string>()]))
  for (const { part, sources } of values)
    for (const source of sources) {
      const from = told.get(source)?.part
      if (from !== undefined && from !== part) parts.get(part)?.add(from)
    }
  afterSources([...parts.keys()], part => [...(parts.get(part) ?? [])], fail)
  return values.map(({ name, part, expression, sources }) => ({ name, part, expression, sources }))
}

function afterSources(keys: readonly string[], sourcesOf: (key: string) => readonly string[], fail: Fail): string[] {
  const done = new Set<string>()
  const open: string[] = []
  const visit = (key: string): void => {
    if (done.has(key)) return
    if (open.includes(key))
      fail(`a function depends on itself: ${[...open.slice(open.indexOf(key)), key].join(' ← ')}.`)
    open.push(key)
    sourcesOf(key).forEach(visit)
    open.pop()
    done.add(key)
  }
  keys.forEach(visit)
  return [...done]
}

/** The table of a graph's outputs over all its rows. */
export function truthTable({ inputs, values, outputs }: FunctionGraph): TruthTable {
  const rows = 2 ** inputs.length
  const columns = new Map(inputColumns(inputs.length).map((column, i) => [inputs[i], column]))
  for (const { name, expression } of values) columns.set(name, evaluate(expression, columns, rows))
  const table = new Uint8Array(rows * outputs.length)
  for (const [o, { value, negated }] of outputs.entries()) {
    const column = columns.get(value) as Uint8Array
    for (let row = 0; row < rows; row++) table[row * outputs.length + o] = negated ? 1 - column[row] : column[row]
  }
  return { inputs: inputs.length, outputs: outputs.length, rows, values: table }
}
