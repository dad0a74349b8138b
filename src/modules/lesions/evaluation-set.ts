/** Part of a data set as lesions take it. */
import { balancedIndices } from '../../data/balanced-sample.ts'
import { type Dataset, exampleCount, networkInputs, type Split, selectExamples } from '../../data/dataset.ts'
import type { EvaluationSet } from './outcome.ts'

/** All examples of a split. */
export function evaluationSet(dataset: Dataset, split: Split = dataset.tests.test): EvaluationSet {
  return {
    inputs: networkInputs(dataset, split),
    shape: dataset.shape,
    ...(split.labels && { labels: split.labels, heads: dataset.heads }),
    ...(split.targets && { targets: split.targets }),
  }
}

/**
 * At most `count` examples of a split, in their old order: as evenly over the classes as they allow where there is one
 * label per example, else drawn from all.
 */
export function balancedSample(dataset: Dataset, split: Split, count: number, seed: number): Split {
  const examples = exampleCount(dataset, split)
  if (count >= examples) return split
  return selectExamples(
    split,
    balancedIndices({ labels: split.labels, heads: dataset.heads }, examples, count, seed),
    examples,
  )
}
