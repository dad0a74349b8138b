/** The flags that say which examples a network is measured on, and how they are made to fit it. */
import type { ArgsDef } from 'citty'
import type { EvaluationData } from '../data/evaluation-data.ts'
import { UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import type { WatchOptions } from '../progress.ts'
import { choice, count, type Flags, text } from './flags.ts'

export const DATA_FLAGS = {
  data: {
    type: 'string',
    valueHint: 'NAME|FILE|DIR',
    description: 'examples: a task (mnist, digits …), .npz, .npy, idx files, or a folder of images by class',
  },
  examples: { type: 'string', valueHint: 'N', description: 'so many of them, evenly over the classes (default all)' },
  scale: {
    type: 'string',
    valueHint: '1/255',
    description: 'what stored values are multiplied by (default 1/255 for pixels, else 1)',
  },
  mean: { type: 'string', valueHint: 'A,B,C', description: 'taken off after that: one number, or one per channel' },
  std: { type: 'string', valueHint: 'A,B,C', description: 'divided by after that, likewise' },
  layout: {
    type: 'string',
    valueHint: 'nchw|nhwc',
    description: 'where the network reads the channels of images, if its input does not tell',
  },
  labels: {
    type: 'string',
    valueHint: 'FILE|NAME|none',
    description: 'labels in a file of their own, or the name of an array of the npz',
  },
} as const satisfies ArgsDef

/** The examples the flags name, made to fit the network; undefined without `--data`. */
export async function optionalData(
  flags: Flags,
  network: Network,
  seed: number,
  watch: WatchOptions,
): Promise<EvaluationData | undefined> {
  const name = text(flags, 'data')
  if (name === undefined) {
    const stray = Object.keys(DATA_FLAGS).find(flag => text(flags, flag) !== undefined)
    if (stray === undefined) return undefined
    throw new UsageError('usage.flag', `--${stray} is about examples, but there is no --data.`)
  }
  const options = {
    seed,
    examples: count(flags, 'examples', 1),
    scale: scale(flags),
    mean: numbers(flags, 'mean'),
    std: numbers(flags, 'std'),
    layout: choice(flags, 'layout', ['nchw', 'nhwc']),
  }
  const { storedExamples } = await import('./data-files.ts')
  const { evaluationData } = await import('../data/evaluation-data.ts')
  return evaluationData(network, await storedExamples(name, text(flags, 'labels'), watch), options)
}

/** The same for verbs that cannot do without. */
export async function requiredData(
  flags: Flags,
  network: Network,
  seed: number,
  watch: WatchOptions,
): Promise<EvaluationData> {
  const data = await optionalData(flags, network, seed, watch)
  if (data) return data
  throw new UsageError(
    'usage.data',
    'Which examples? Give --data NAME (mnist, digits …), an .npz or idx file, or a folder of images by class.',
  )
}

/** A number, or a fraction such as 1/255. */
function scale(flags: Flags): number | undefined {
  const value = text(flags, 'scale')
  if (value === undefined) return undefined
  const [over, under = '1', ...rest] = value.split('/')
  const number = Number(over || Number.NaN) / Number(under || Number.NaN)
  if (rest.length === 0 && Number.isFinite(number) && number !== 0) return number
  throw new UsageError('usage.value', `--scale must be a number such as 1 or 1/255, not "${value}".`)
}

export function numbers(flags: Flags, name: string): number[] | undefined {
  const value = text(flags, name)
  if (value === undefined) return undefined
  const list = value.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)))
  if (list.every(Number.isFinite)) return list
  throw new UsageError('usage.value', `--${name} must be numbers such as 0.1307 or 0.49,0.48,0.45, not "${value}".`)
}
