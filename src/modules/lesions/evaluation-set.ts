/** Part of a data set as lesions take it. */
import { type Dataset, exampleCount, networkInputs, type Split, selectExamples } from '../../data/dataset.ts'
import { randomStream, shuffle } from '../../random.ts'
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

const SAMPLE_STREAM = 5

/**
 * At most `count` examples of a split, in their old order: as evenly over the classes as they allow where there is one
 * label per example, else drawn from all.
 */
export function balancedSample(dataset: Dataset, split: Split, count: number, seed: number): Split {
  const examples = exampleCount(dataset, split)
  if (count >= examples) return split
  const random = randomStream(seed, SAMPLE_STREAM)
  const order = shuffle(
    Int32Array.from({ length: examples }, (_, i) => i),
    random,
  )
  const seen = new Map<number, number>()
  const classOf = (example: number) => (split.labels && dataset.heads === 1 ? split.labels[example] : 0)
  // The first of each class, then the second of each, and so on.
  const turn = Int32Array.from({ length: examples })
  for (const example of order) {
    const before = seen.get(classOf(example)) ?? 0
    turn[example] = before
    seen.set(classOf(example), before + 1)
  }
  const chosen = [...order].sort((a, b) => turn[a] - turn[b]).slice(0, count)
  return selectExamples(
    split,
    chosen.sort((a, b) => a - b),
    examples,
  )
}
