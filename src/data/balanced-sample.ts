/** Fewer examples, as evenly over the classes as they allow. */
import { randomStream, shuffle } from '../random.ts'
import type { StoredExamples } from './stored-examples.ts'

const SAMPLE_STREAM = 5

/**
 * Numbers of at most `count` of `examples` examples, ascending: evenly over the classes where there is one label per
 * example, else drawn from all.
 */
export function balancedIndices(
  { labels, heads }: Pick<StoredExamples, 'labels' | 'heads'>,
  examples: number,
  count: number,
  seed: number,
): Int32Array {
  const all = Int32Array.from({ length: examples }, (_, i) => i)
  if (count >= examples) return all
  const order = shuffle(all, randomStream(seed, SAMPLE_STREAM))
  const seen = new Map<number, number>()
  // The first of each class, then the second of each, and so on.
  const turn = new Int32Array(examples)
  for (const example of order) {
    const label = labels && heads === 1 ? labels[example] : 0
    turn[example] = seen.get(label) ?? 0
    seen.set(label, turn[example] + 1)
  }
  return Int32Array.from([...order].sort((a, b) => turn[a] - turn[b]).slice(0, count)).sort()
}
