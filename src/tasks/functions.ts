/**
 * Simple functions to regress (the networks of Clusterability's PyTorch code): x uniform in (−5, 5), targets f₁(x),
 * f₂(x), … of one x, or, streamed, each of an x of its own. There every epoch draws anew; here a set is drawn once.
 */
import type { Dataset, Split } from '../data/dataset.ts'
import { randomStream } from '../random.ts'
import { exp, log } from '../stats/elementary.ts'

const LIMIT = 5

type RealFunction = (x: number) => number

const logarithm: RealFunction = x => log(x + LIMIT + 0.001)

const FUNCTIONS = {
  high_freq_waves: [x => Math.sin(5 * x), x => Math.cos(5 * x)],
  many_fns: [Math.sin, logarithm, Math.cos, exp],
  many_fns_norm: [
    x => Math.sin(x) / 0.72605824,
    x => logarithm(x) / 0.996789,
    x => Math.cos(x) / 0.6598921,
    x => exp(x) / 29.747263,
  ],
} as const satisfies Record<string, readonly RealFunction[]>

export type FunctionsName = keyof typeof FUNCTIONS
export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as readonly FunctionsName[]

export function functionValues(
  name: FunctionsName,
  streamed: boolean,
  train: number,
  test: number,
  seed: number,
): Dataset {
  const functions: readonly RealFunction[] = FUNCTIONS[name]
  const width = streamed ? functions.length : 1
  const split = (count: number, number: number): Split => {
    const random = randomStream(seed, number)
    const inputs = Float32Array.from({ length: count * width }, () => LIMIT * (2 * random.uniform() - 1))
    const targets = new Float32Array(count * functions.length)
    for (let i = 0; i < count; i++)
      for (const [f, value] of functions.entries())
        targets[i * functions.length + f] = value(inputs[i * width + (streamed ? f : 0)])
    return { inputs, targets }
  }
  return {
    name: `${name}${streamed ? '_streamed' : ''}`,
    shape: [width],
    divisor: 1,
    heads: 1,
    outputs: functions.length,
    train: split(train, 0),
    tests: { test: split(test, 1) },
    shuffle: true,
    provenance: `Functions of ${streamed ? 'numbers of their own' : 'one number'} between −${LIMIT} and ${LIMIT}, seed ${seed}.`,
  }
}
