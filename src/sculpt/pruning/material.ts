/** What a network is sculpted on: examples to train on, examples to be judged by, and the inputs that must stay. */
import type { Dataset } from '../../data/dataset.ts'
import type { TruthTable } from '../../tasks/truth-table.ts'
import { type Examples, splitExamples, tableExamples } from '../../training/examples.ts'

export interface Material {
  readonly train: Examples
  /** Default: the training examples. */
  readonly validation?: Examples
  /** Inputs that the answers are known to depend on; a network that loses one is refused without training. */
  readonly needed: readonly number[]
}

/** A whole table, which is trained on and judged by. */
export function tableMaterial(table: TruthTable): Material {
  return { train: tableExamples(table), needed: neededInputs(table) }
}

/** A data set, judged by its test split. @throws UsageError as `splitExamples` */
export function datasetMaterial(dataset: Dataset): Material {
  return {
    train: splitExamples(dataset, dataset.train),
    validation: splitExamples(dataset, dataset.tests.test),
    needed: [],
  }
}

/** The inputs that change some output in some row. */
function neededInputs({ inputs, outputs, rows, values }: TruthTable): number[] {
  return Array.from({ length: inputs }, (_, i) => i).filter(i => {
    const bit = 1 << (inputs - 1 - i)
    for (let row = 0; row < rows; row++)
      for (let o = 0; o < outputs; o++) if (values[row * outputs + o] !== values[(row ^ bit) * outputs + o]) return true
    return false
  })
}
