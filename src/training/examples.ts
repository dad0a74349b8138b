/** Examples in memory as the perceptron kernel takes them: whole tables, or what fits. */
import { type Dataset, exampleCount, exampleSize, networkInputs, type Split } from '../data/dataset.ts'
import { UsageError } from '../errors.ts'
import { booleanDataset } from '../tasks/boolean-dataset.ts'
import type { TruthTable } from '../tasks/truth-table.ts'

export interface Examples {
  readonly rows: number
  /** Numbers in, and bits or classes out. */
  readonly inputs: number
  readonly outputs: number
  /** [rows × inputs], row-major. */
  readonly values: Float32Array
  /** [rows × outputs]: bits, or one 1 a row for its class. */
  readonly targets: Float32Array
  readonly kind: 'bits' | 'classes'
}

/** All rows of a table. */
export function tableExamples(table: TruthTable): Examples {
  const dataset = booleanDataset(table, 'the table')
  return splitExamples(dataset, dataset.train)
}

/**
 * A split of a data set: labels become classes, targets must be bits.
 *
 * @throws UsageError where targets are other numbers, or examples have several labels.
 */
export function splitExamples(dataset: Dataset, split: Split): Examples {
  const rows = exampleCount(dataset, split)
  const { outputs } = dataset
  const about = { rows, inputs: exampleSize(dataset), outputs, values: networkInputs(dataset, split) }
  if (split.labels) {
    if (dataset.heads > 1)
      throw new UsageError(
        'usage.data',
        `"${dataset.name}" has ${dataset.heads} labels for an example; sculpting takes one, or bits.`,
      )
    const targets = new Float32Array(rows * outputs)
    split.labels.forEach((label, row) => {
      targets[row * outputs + label] = 1
    })
    return { ...about, targets, kind: 'classes' }
  }
  const targets = split.targets ?? new Float32Array(0)
  const odd = targets.findIndex(value => value !== 0 && value !== 1)
  if (odd >= 0)
    throw new UsageError(
      'usage.data',
      `Example ${Math.floor(odd / outputs)} of "${dataset.name}" has the target ${targets[odd]}; sculpting takes labels, or targets that are 0 or 1.`,
    )
  return { ...about, targets, kind: 'bits' }
}
