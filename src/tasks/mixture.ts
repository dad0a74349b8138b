/**
 * Two image sets as one (arXiv 2003.04881 and its code): all examples of both, in random order, the labels as they are,
 * so that an answer means two things. "Separated" keeps classes 0–4 of the first and 5–9 of the second, so that the
 * label tells the set. `fromSecond` marks the examples of the second.
 */
import { type Dataset, exampleCount, type Split, selectExamples } from '../data/dataset.ts'
import { UsageError } from '../errors.ts'
import { type Random, randomStream, shuffle } from '../random.ts'
import { mapSplits } from './images.ts'

export function mixture(first: Dataset, second: Dataset, separated: boolean, seed: number): Dataset {
  const { classes = [] } = first
  const others = second.classes ?? []
  if (String(first.shape) !== String(second.shape) || classes.length !== others.length || classes.length % 2 !== 0)
    throw new UsageError(
      'usage.task',
      `${first.name} and ${second.name} cannot be mixed: images and classes must agree, not [${first.shape}] in ${classes.length} and [${second.shape}] in ${others.length}.`,
    )
  const middle = classes.length / 2
  const mix = (split: Split, number: number): Split => {
    const other = number === 0 ? second.train : second.tests.test
    const a = separated ? keepWhere(first, split, label => label < middle) : split
    const b = separated ? keepWhere(second, other, label => label >= middle) : other
    return joined(first, a, second, b, randomStream(seed, number))
  }
  return {
    ...mapSplits(first, mix),
    name: `${first.name}-${second.name}${separated ? '-separated' : ''}`,
    classes: classes.map((name, i) => className(name, others[i], separated, i < middle)),
    provenance: `${first.provenance} Mixed with: ${second.provenance} ${separated ? 'Classes 0–4 of the first, 5–9 of the second; s' : 'S'}eed ${seed}.`,
  }
}

function className(first: string, second: string, separated: boolean, lower: boolean): string {
  if (separated) return lower ? first : second
  return first === second ? first : `${first} or ${second}`
}

function keepWhere(dataset: Dataset, split: Split, keep: (label: number) => boolean): Split {
  const labels = split.labels as Int32Array
  const indices = Array.from(labels.keys()).filter(i => keep(labels[i]))
  return selectExamples(split, indices, exampleCount(dataset, split))
}

function joined(first: Dataset, a: Split, second: Dataset, b: Split, random: Random): Split {
  const sizes = [exampleCount(first, a), exampleCount(second, b)]
  const total = sizes[0] + sizes[1]
  const bytes = a.inputs instanceof Uint8Array && b.inputs instanceof Uint8Array
  const length = a.inputs.length + b.inputs.length
  const inputs = bytes ? new Uint8Array(length) : new Float32Array(length)
  inputs.set(a.inputs)
  inputs.set(b.inputs, a.inputs.length)
  const labels = new Int32Array(total)
  labels.set(a.labels as Int32Array)
  labels.set(b.labels as Int32Array, sizes[0])
  const fromSecond = new Uint8Array(total).fill(1, sizes[0])
  const order = shuffle(
    Int32Array.from({ length: total }, (_, i) => i),
    random,
  )
  return selectExamples({ inputs, labels, fromSecond }, order, total)
}
