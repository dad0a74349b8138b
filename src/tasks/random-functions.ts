/**
 * Random function graphs, to plant what is to be found: levels of sub-functions with random tables. Those of the first
 * level read neighbouring windows of the inputs, which overlap; each of a level is read by so many of the next, in random
 * order. Every function depends on each of its arguments; no value is constant, equal to another or its negation. (Two
 * functions have room for two such levels, not for three.)
 */
import { UsageError } from '../errors.ts'
import { checkSeed, type Random, randomStream, shuffle } from '../random.ts'
import { type FunctionGraph, parseFunctionGraph, truthTable } from './function-graph.ts'

export interface RandomFunctionOptions {
  /** Default 0. */
  readonly seed?: number
  /** Sub-functions of each level, default 2. */
  readonly functions?: number
  /** Inputs that each of the first level reads, default 4. */
  readonly fanIn?: number
  /** Inputs that neighbours share, default 0, at most fanIn. */
  readonly overlap?: number
  /** Levels of sub-functions, default 1; at most 2 where there are but two functions. */
  readonly depth?: number
  /** How many of the next level read a sub-function, 2 to `functions`; default 2. It matters from two levels on. */
  readonly reuse?: number
  /** How often each function of the last level is an output, default 1. They take turns. */
  readonly copies?: number
}

const ATTEMPTS = 1000
const MOST_INPUTS = 16

/** @throws UsageError for sizes that do not fit each other, more than 16 inputs, or where no such functions are found. */
export function randomFunctionGraph(options: RandomFunctionOptions = {}): FunctionGraph {
  const { seed = 0, functions = 2, fanIn = 4, overlap = 0, depth = 1, reuse = 2, copies = 1 } = options
  checkSeed(seed)
  const limits: readonly (readonly [string, number, number, number])[] = [
    ['functions', functions, 1, 16],
    ['fanIn', fanIn, 1, 10],
    ['overlap', overlap, 0, fanIn],
    ['depth', depth, 1, 16],
    ...(depth > 1 ? [['reuse', reuse, 2, Math.min(functions, 10)] as const] : []),
    ['copies', copies, 1, 1024],
  ]
  for (const [name, value, least, most] of limits)
    if (!(Number.isSafeInteger(value) && value >= least && value <= most))
      throw new UsageError('usage.functions', `${name} must be a whole number from ${least} to ${most}, not ${value}.`)
  const inputs = functions * fanIn - (functions - 1) * overlap
  if (inputs > MOST_INPUTS)
    throw new UsageError(
      'usage.functions',
      `${functions} functions of ${fanIn} inputs make ${inputs} inputs, more than ${MOST_INPUTS}; take fewer, or more overlap.`,
    )

  const name = `random functions, seed ${seed}`
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const random = randomStream(seed, attempt)
    const lines = [`inputs ${range(inputs, i => `x${i}`).join(' ')}`]
    const values: string[] = []
    for (let level = 1; level <= depth; level++) {
      const order = shuffle(
        range(functions, i => i),
        random,
      )
      for (let i = 0; i < functions; i++) {
        const args =
          level === 1
            ? range(fanIn, j => `x${i * (fanIn - overlap) + j}`)
            : range(reuse, j => `f${level - 1}_${order[(i + j) % functions]}`)
        const value = `f${level}_${i}`
        const parameters = range(args.length, j => `p${j}`).join(', ')
        lines.push(`define F${level}_${i}(${parameters}) = ${randomTable(args.length, random)}`)
        lines.push(`${value} = F${level}_${i}(${args.join(', ')})`)
        values.push(value)
      }
    }
    const statements = lines.join('\n')
    if (!allDiffer(parseFunctionGraph(`${statements}\noutputs ${values.join(' ')}`, name))) continue
    const outputs = range(copies, () => values.slice(-functions).join(' ')).join(' ')
    return parseFunctionGraph(`${statements}\noutputs ${outputs}`, name)
  }
  throw new UsageError(
    'usage.functions',
    `No ${functions} different functions of ${fanIn} inputs were found in ${depth} levels; take fewer levels, or more functions, inputs or reuse.`,
  )
}

function range<T>(length: number, make: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => make(i))
}

/** As text of 0 and 1; drawn again until each argument matters. */
function randomTable(parameters: number, random: Random): string {
  for (;;) {
    const table = range(2 ** parameters, () => random.below(2))
    if (range(parameters, j => 2 ** j).every(bit => table.some((value, row) => value !== table[row ^ bit])))
      return table.join('')
  }
}

/** Whether no output is constant, or another or its negation. */
function allDiffer(graph: FunctionGraph): boolean {
  const { rows, outputs, values } = truthTable(graph)
  const columns = range(outputs, o => range(rows, row => values[row * outputs + o] ^ values[o]).join(''))
  return new Set(columns).size === outputs && columns.every(column => column.includes('1'))
}
