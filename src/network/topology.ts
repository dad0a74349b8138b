/** The order in which operators can run, and the checks that there is one: no cycles, no undefined or doubled values. */
import { FormatError } from '../errors.ts'
import type { AttributeValue, Network, Operator } from './network.ts'

/** Whether an attribute is a subgraph: the body of an `If`, `Loop` or `Scan`. */
export function isSubgraph(value: AttributeValue): value is Network {
  return typeof value === 'object' && 'operators' in value
}

/** Every value an operator reads: its inputs and what its subgraphs take from outside. */
export function valuesRead(operator: Operator): string[] {
  const bodies = Object.values(operator.attributes).filter(isSubgraph)
  return [...operator.inputs.filter(name => name !== ''), ...bodies.flatMap(capturedValues)]
}

/** Values a subgraph reads but does not define. */
function capturedValues(body: Network): string[] {
  const own = new Set([...body.inputs.map(({ name }) => name), ...body.weights.keys()])
  for (const operator of body.operators) for (const output of operator.outputs) own.add(output)
  const read = [...body.operators.flatMap(valuesRead), ...body.outputs.map(({ name }) => name)]
  return read.filter(name => !own.has(name))
}

/**
 * Sorts operators so that each comes after those whose values it reads; among those that are ready, file order is kept.
 *
 * @param defined names that need no operator: inputs, weights, values of the enclosing graph
 * @throws FormatError naming the operator when a value is undefined, defined twice, or depends on itself
 */
export function sortOperators(operators: readonly Operator[], defined: ReadonlySet<string>): Operator[] {
  const producer = new Map<string, number>()
  operators.forEach((operator, index) => {
    for (const output of operator.outputs) {
      if (output === '') continue
      if (producer.has(output) || defined.has(output))
        throw new FormatError('format.duplicate', `${describe(operator)} defines the value "${output}" a second time.`)
      producer.set(output, index)
    }
  })

  const missing = new Int32Array(operators.length)
  const readers: number[][] = operators.map(() => [])
  operators.forEach((operator, index) => {
    for (const name of new Set(valuesRead(operator))) {
      const from = producer.get(name)
      if (from !== undefined) {
        readers[from].push(index)
        missing[index]++
      } else if (!defined.has(name))
        throw new FormatError(
          'format.undefined',
          `${describe(operator)} reads the value "${name}", which nothing defines.`,
        )
    }
  })

  const sorted: Operator[] = []
  const ready = new Set<number>()
  for (let next = 0; next < operators.length; next++) {
    if (missing[next] === 0) ready.add(next)
  }
  for (const index of ready) {
    sorted.push(operators[index])
    for (const reader of readers[index]) if (--missing[reader] === 0) ready.add(reader)
  }
  if (sorted.length < operators.length) {
    const stuck = operators[missing.findIndex(count => count > 0)]
    throw new FormatError('format.cycle', `${describe(stuck)} depends on its own output: the operators form a cycle.`)
  }
  // A file that is in order already, as nearly all are, stays as it is.
  return isSorted(operators, producer) ? [...operators] : sorted
}

function isSorted(operators: readonly Operator[], producer: ReadonlyMap<string, number>): boolean {
  return operators.every((operator, index) => valuesRead(operator).every(name => (producer.get(name) ?? -1) < index))
}

function describe(operator: Operator): string {
  return `The operator "${operator.name}" (${operator.type})`
}
