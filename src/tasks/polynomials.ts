/**
 * `poly`, regression (arXiv 2103.03386 and its code): inputs a, b ~ N(0, 1); the nine monomials a^p b^q with p, q in
 * {0, 1, 2}, q running fastest; the 512 outputs are all sums of some of them, output o taking monomial t where bit
 * 8 − t of o is set. Targets are computed in float64 from the inputs as float32 stores them.
 */
import type { Dataset, Split } from '../data/dataset.ts'
import { randomStream } from '../random.ts'
import { normalDraws } from '../stats/normal.ts'

const TERMS = 9
const OUTPUTS = 2 ** TERMS

export function polynomials(train: number, test: number, seed: number): Dataset {
  const split = (count: number, number: number): Split => {
    const draw = normalDraws(randomStream(seed, number))
    const inputs = Float32Array.from({ length: 2 * count }, draw)
    const targets = new Float32Array(count * OUTPUTS)
    for (let i = 0; i < count; i++) targets.set(polynomialValues(inputs[2 * i], inputs[2 * i + 1]), i * OUTPUTS)
    return { inputs, targets }
  }
  return {
    name: 'poly',
    shape: [2],
    divisor: 1,
    heads: 1,
    outputs: OUTPUTS,
    train: split(train, 0),
    tests: { test: split(test, 1) },
    shuffle: true,
    provenance: `All sums of the monomials a^p b^q, p and q up to 2, of two normal numbers, seed ${seed}.`,
  }
}

/** The 512 polynomials at (a, b), [512]. */
export function polynomialValues(a: number, b: number): Float64Array {
  const monomials = [1, b, b * b, a, a * b, a * b * b, a * a, a * a * b, a * a * b * b]
  const values = new Float64Array(OUTPUTS)
  for (let term = 0; term < TERMS; term++) {
    const bit = 2 ** (TERMS - 1 - term)
    for (let output = bit; output < OUTPUTS; output++) if (output & bit) values[output] += monomials[term]
  }
  return values
}
