/** What a network is sculpted on: examples to train on, examples to be judged by, and the inputs that must stay. */
import type { Dataset } from '../../data/dataset.ts'
import { outputFunctions } from '../../tasks/output-functions.ts'
import type { TruthTable } from '../../tasks/truth-table.ts'
import { type Examples, splitExamples, tableExamples } from '../../training/examples.ts'

export interface Material {
  readonly train: Examples
  /** Default: the training examples. */
  readonly validation?: Examples
  /** Inputs that the answers are known to depend on; a network that loses one is refused without training. */
  readonly needed: readonly number[]
  /** The table that the examples are all rows of, where they are. */
  readonly table?: TruthTable
}

/** A whole table, which is trained on and judged by. */
export function tableMaterial(table: TruthTable): Material {
  return { train: tableExamples(table), needed: neededInputs(table), table }
}

/** A data set, judged by its test split. @throws UsageError as `splitExamples` */
export function datasetMaterial(dataset: Dataset): Material {
  return {
    train: splitExamples(dataset, dataset.train),
    validation: splitExamples(dataset, dataset.tests.test),
    needed: [],
  }
}

function neededInputs(table: TruthTable): number[] {
  return [...new Set(outputFunctions(table).flatMap(({ inputs }) => inputs))].sort((a, b) => a - b)
}
