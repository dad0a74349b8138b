/** Truth tables from files, Boolean tasks as data sets, two-digit tasks. */
import { describe, expect, it } from 'vitest'
import { digits } from '../../src/data/digits.ts'
import { loadTask } from '../../src/tasks/load.ts'
import { isTableText, parseTruthTable } from '../../src/tasks/table-file.ts'
import { twoDigits } from '../../src/tasks/two-digit.ts'

describe('parseTruthTable', () => {
  it('reads rows in any order, with comments and free spacing', () => {
    const text = '# exclusive or\n1 1 -> 0\n01: 1 # right\n\n0,0 = 0\n10→1\n'
    expect(isTableText(text)).toBe(true)
    expect(isTableText('inputs a b\noutputs a')).toBe(false)
    const table = parseTruthTable(text, 'xor.txt')
    expect([table.inputs, table.outputs, table.rows, [...table.values]]).toEqual([2, 1, 4, [0, 1, 1, 0]])
  })

  it.each([
    ['00->0\n01->1\n01->0\n10->1\n11->0', /lines 2 and 3 contradict each other: 01 gives 1 and 0/],
    ['00->0\n01->1\n11->0', /3 of the 4 rows of 2 inputs; 10 is missing/],
    ['00->0\n1->1', /line 2: 1 inputs and 1 outputs, but line 1 has 2 and 1/],
    ['0a->1', /line 1: "0a->1" is no row/],
    ['', /holds no row/],
    [`${'0'.repeat(40)}->1`, /1 to 20 input bits/],
  ])('refuses %j', (text, message) => {
    expect(() => parseTruthTable(text, 'table.txt')).toThrow(message)
  })
})

describe('loadTask', () => {
  it('gives a Boolean task as bits', async () => {
    const task = await loadTask('[4,2,4]')
    expect([task.shape, task.outputs, task.train.targets?.length]).toEqual([[4], 4, 64])
    expect([...task.train.inputs.slice(16, 24)]).toEqual([0, 1, 0, 0, 0, 1, 0, 1])
    expect([...task.train.targets!.slice(16, 24)]).toEqual([1, 0, 0, 1, 1, 0, 1, 0])
    await expect(loadTask('[4,2,5]')).rejects.toThrow(/There is no Boolean task/)
  })

  it('puts two digits side by side', async () => {
    const both = await loadTask('two_digits_digits', { train: 200, test: 100 })
    expect([both.shape, both.outputs]).toEqual([[1, 28, 56], 20])
    for (let i = 0; i < 200; i++) {
      const row = [...both.train.targets!.subarray(20 * i, 20 * i + 20)]
      expect([row.slice(0, 10), row.slice(10)].map(half => half.reduce((sum, bit) => sum + bit, 0))).toEqual([1, 1])
    }
  })
})

describe('twoDigits', () => {
  const images = digits({ seed: 1, train: 400, test: 200 })

  it('shows left and right as the images are, training from training digits alone', () => {
    const { train } = twoDigits(images, 'two_digits', 3, { train: 40, test: 10 })
    const known = new Set(
      Array.from({ length: 400 }, (_, i) => images.train.inputs.subarray(784 * i, 784 * i + 784).join()),
    )
    const row = (i: number, side: number) =>
      Array.from({ length: 784 }, (_, p) => train.inputs[1568 * i + 56 * Math.floor(p / 28) + 28 * side + (p % 28)])
    for (let i = 0; i < 40; i++) for (const side of [0, 1]) expect(known.has(row(i, side).join())).toBe(true)
  })

  it('codes the XOR of digits below 8 in three bits, every pair as often', () => {
    const { tests, outputs } = twoDigits(images, 'xor_digits', 3, { train: 64, test: 128 })
    expect(outputs).toBe(3)
    const counts = new Array(8).fill(0)
    for (let i = 0; i < 128; i++) {
      const [a, b, c] = tests.test.targets!.subarray(3 * i, 3 * i + 3)
      counts[4 * a + 2 * b + c]++
    }
    expect(counts).toEqual(new Array(8).fill(16))
  })
})
