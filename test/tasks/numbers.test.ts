/** Tasks on numbers: polynomials, arithmetic on digits, functions. */
import { describe, expect, it } from 'vitest'
import { datasetHash } from '../../src/data/content-hash.ts'
import { checkDataset, exampleCount } from '../../src/data/dataset.ts'
import { addMul } from '../../src/tasks/arithmetic.ts'
import { functionValues } from '../../src/tasks/functions.ts'
import { polynomials, polynomialValues } from '../../src/tasks/polynomials.ts'

describe('poly', () => {
  it('has normal inputs and the polynomials of each as targets', () => {
    const set = checkDataset(polynomials(2000, 10, 42))
    const { inputs, targets } = set.train
    const numbers = inputs as Float32Array
    const mean = numbers.reduce((a, b) => a + b, 0) / inputs.length
    const square = numbers.reduce((a, b) => a + b * b, 0) / inputs.length
    // Five standard errors.
    expect(Math.abs(mean)).toBeLessThan(0.08)
    expect(Math.abs(square - 1)).toBeLessThan(0.12)
    for (const i of [0, 999]) {
      const values = Float32Array.from(polynomialValues(inputs[2 * i], inputs[2 * i + 1]))
      expect(targets?.slice(512 * i, 512 * (i + 1))).toEqual(values)
    }
  })

  it('runs through coefficients with the last fastest', () => {
    const [a, b] = [3, 5]
    const values = polynomialValues(a, b)
    const last = a * a * b * b
    const lastButOne = a * a * b
    expect([0, 1, 2, 3, 256, 257].map(o => values[o])).toEqual([0, last, lastButOne, last + lastButOne, 1, 1 + last])
    expect(values[511]).toBe((1 + a + a * a) * (1 + b + b * b))
  })
})

describe('add_mul', () => {
  const set = checkDataset(addMul(500, 400, 42))
  const read = (inputs: ArrayLike<number>, i: number) => {
    const row = Array.from({ length: 42 }, (_, at) => inputs[i * 42 + at])
    const hot = (from: number, to: number) => {
      const part = row.slice(from, to)
      expect(part.filter(value => value === 1)).toHaveLength(1)
      expect(part.filter(value => value !== 0)).toHaveLength(1)
      return part.indexOf(1)
    }
    const [a, b, c, d] = [0, 10, 20, 30].map(from => hot(from, from + 10))
    return { first: a + 10 * b, second: c + 10 * d, operation: hot(40, 42) }
  }

  it('asks for the last two digits of a sum or product, units first', () => {
    expect(set).toMatchObject({ shape: [42], divisor: 1, heads: 2, outputs: 20 })
    for (let i = 0; i < 500; i++) {
      const { first, second, operation } = read(set.train.inputs, i)
      const result = (operation === 0 ? first + second : first * second) % 100
      expect([...(set.train.labels as Int32Array).slice(2 * i, 2 * i + 2)]).toEqual([
        result % 10,
        Math.floor(result / 10),
      ])
    }
  })

  it('tests both operations together and each alone', () => {
    const { test, add, mul } = set.tests
    expect(exampleCount(set, add) + exampleCount(set, mul)).toBe(exampleCount(set, test))
    for (let i = 0; i < exampleCount(set, add); i++) expect(read(add.inputs, i).operation).toBe(0)
    for (let i = 0; i < exampleCount(set, mul); i++) expect(read(mul.inputs, i).operation).toBe(1)
    expect(exampleCount(set, add)).toBeGreaterThan(150)
    expect(exampleCount(set, mul)).toBeGreaterThan(150)
  })
})

describe('functions', () => {
  it('of one number give every function’s value', () => {
    const set = checkDataset(functionValues('many_fns', false, 200, 10, 42))
    const { inputs, targets } = set.train
    expect(set).toMatchObject({ shape: [1], outputs: 4 })
    for (let i = 0; i < 200; i++) {
      const x = inputs[i]
      expect(Math.abs(x)).toBeLessThan(5)
      ;[Math.sin(x), Math.log(x + 5.001), Math.cos(x), Math.exp(x)].forEach((value, f) => {
        expect(targets?.[4 * i + f]).toBeCloseTo(value, 4)
      })
    }
  })

  it('streamed, give each function a number of its own', () => {
    const { train, shape } = checkDataset(functionValues('high_freq_waves', true, 50, 10, 42))
    expect(shape).toEqual([2])
    for (let i = 0; i < 50; i++) {
      expect(train.targets?.[2 * i]).toBeCloseTo(Math.sin(5 * train.inputs[2 * i]), 5)
      expect(train.targets?.[2 * i + 1]).toBeCloseTo(Math.cos(5 * train.inputs[2 * i + 1]), 5)
    }
  })

  it('normalised, have a spread of one', () => {
    const { train } = functionValues('many_fns_norm', false, 20_000, 10, 42)
    const values = train.targets as Float32Array
    for (let f = 0; f < 4; f++) {
      const own = values.filter((_, i) => i % 4 === f)
      const mean = own.reduce((a, b) => a + b, 0) / own.length
      const variance = own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length
      expect(Math.sqrt(variance)).toBeCloseTo(1, 1)
    }
  })
})

it.each([
  ['poly', () => polynomials(300, 100, 42), 'ae9647a0c0a59d279a1890ed6fba99aa9a8b59366afea4fe7fe4b16944452849'],
  ['add_mul', () => addMul(1000, 100, 42), '941cfa93225a75b4d61b1d790c2d85f7027fc1cc6fea0f2740ceca62913f11d4'],
] as const)('%s is the same on every engine', (_, make, hash) => {
  expect(datasetHash(make())).toBe(hash)
})
