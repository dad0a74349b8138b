/** A truth table as a data set: all rows to train on, the same rows without noise to test, bits as targets. */
import type { Dataset, Split } from '../data/dataset.ts'
import type { TruthTable } from './truth-table.ts'

export function booleanDataset({ inputs, outputs, rows, values }: TruthTable, name: string): Dataset {
  const bits = Float32Array.from({ length: rows * inputs }, (_, i) => {
    const [row, input] = [Math.floor(i / inputs), i % inputs]
    return (row >> (inputs - 1 - input)) & 1
  })
  const split: Split = { inputs: bits, targets: Float32Array.from(values) }
  return {
    name,
    shape: [inputs],
    divisor: 1,
    heads: 1,
    outputs,
    train: split,
    tests: { test: split },
    shuffle: true,
    provenance: `The whole truth table of ${name}: ${rows} rows, which are trained on and tested.`,
  }
}
