/**
 * `add_mul` (Csordás, van Steenkiste, Schmidhuber, arXiv 2010.02066, as a feed-forward task): two numbers of two digits
 * and one of two operations. Inputs, 42: the digits of the first number, then of the second, each one-hot of 10, units
 * before tens; then the operation, one-hot, add before multiply. Labels, 2 heads of 10: units and tens of the result
 * modulo 100. Tests: `test` has both operations, `add` and `mul` are its examples with that operation.
 */
import { type Dataset, DIGIT_NAMES, type Split, selectExamples } from '../data/dataset.ts'
import { randomStream } from '../random.ts'

const DIGITS = 2
const NUMBERS = 10 ** DIGITS
const WIDTH = 2 * DIGITS * 10 + 2

export function addMul(train: number, test: number, seed: number): Dataset {
  const all = drawSums(test, seed, 1)
  const operation = (which: number): Split => {
    const indices = Array.from({ length: test }, (_, i) => i).filter(
      i => all.inputs[i * WIDTH + WIDTH - 2 + which] === 1,
    )
    return selectExamples(all, indices, test)
  }
  return {
    name: 'add_mul',
    shape: [WIDTH],
    divisor: 1,
    classes: DIGIT_NAMES,
    heads: DIGITS,
    outputs: DIGITS * 10,
    train: drawSums(train, seed, 0),
    tests: { test: all, add: operation(0), mul: operation(1) },
    shuffle: true,
    provenance: `Sums and products of two-digit numbers modulo ${NUMBERS}, seed ${seed}.`,
  }
}

function drawSums(count: number, seed: number, number: number): Split {
  const random = randomStream(seed, number)
  const inputs = new Uint8Array(count * WIDTH)
  const labels = new Int32Array(count * DIGITS)
  for (let i = 0; i < count; i++) {
    const numbers = [random.below(NUMBERS), random.below(NUMBERS)]
    const operation = random.below(2)
    const result = (operation === 0 ? numbers[0] + numbers[1] : numbers[0] * numbers[1]) % NUMBERS
    const digits = numbers.flatMap(digitsOf)
    for (const [at, digit] of digits.entries()) inputs[i * WIDTH + at * 10 + digit] = 1
    inputs[i * WIDTH + WIDTH - 2 + operation] = 1
    labels.set(digitsOf(result), i * DIGITS)
  }
  return { inputs, labels }
}

/** Units first. */
function digitsOf(number: number): number[] {
  return [number % 10, Math.floor(number / 10)]
}
