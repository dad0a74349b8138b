/**
 * Examples from an `.npz` file under any of the names people give them. Where there are several, those to test on come
 * first: `x_test`, `X_test`, `test_images`, … then `X`, `x`, `inputs`, `images`, `data`, then those to train on.
 */
import { FormatError, UsageError } from '../errors.ts'
import { readNpz } from '../formats/npz.ts'
import type { ByteSource } from '../formats/source.ts'
import type { WeightTensor } from '../network/network.ts'
import { elementCount, type Tensor } from '../tensor/tensor.ts'
import { readAnswers } from './answers.ts'
import { channelsLast, type StoredExamples } from './stored-examples.ts'

/** Names of inputs and of what goes with them, in order of preference; compared without upper case. */
const PAIRS: readonly (readonly [string, readonly string[]])[] = [
  ...['test', 'val', 'validation', 'valid'].flatMap(pairsOfSplit),
  ['x', ['y', 't', 'labels', 'label', 'target', 'targets']],
  ['inputs', ['labels', 'outputs', 'targets', 'y']],
  ['input', ['label', 'output', 'target', 'y']],
  ['images', ['labels', 'label', 'y']],
  ['data', ['labels', 'target', 'targets', 'label', 'y']],
  ['features', ['labels', 'targets', 'y']],
  ['arr_0', ['arr_1']],
  ...pairsOfSplit('train'),
]

function pairsOfSplit(split: string): [string, string[]][] {
  const labels = [`y_${split}`, `${split}_y`, `labels_${split}`, `${split}_labels`, `t_${split}`]
  return ['x_', 'images_', 'inputs_', 'data_']
    .map((prefix): [string, string[]] => [`${prefix}${split}`, labels])
    .concat([
      [`${split}_x`, labels],
      [`${split}_images`, labels],
      [`${split}_data`, labels],
    ])
}

/**
 * @param labels name of the array of labels, `none` for doing without. Default: the one that goes with the inputs.
 * @throws UsageError listing the arrays where none can be taken for examples, FormatError for damaged files
 */
export async function npzExamples(source: ByteSource, labels?: string): Promise<StoredExamples> {
  const arrays = await readNpz(source)
  const byName = new Map(arrays.map(array => [array.name.toLowerCase(), array]))
  const pair = PAIRS.find(([name]) => byName.has(name))
  const inputs = pair && byName.get(pair[0])
  if (!inputs)
    throw new UsageError(
      'usage.data',
      `${source.name} holds ${arrays.map(array => array.name).join(', ')}; examples are looked for under x_test, X, x, inputs, images or data, labels under y_test, y or labels. Rename the arrays.`,
    )
  const answers = answersOf(source.name, byName, pair[1], labels)
  const x = await inputs.read()
  const examples = x.shape[0] ?? 0
  return {
    ...examplesOf(x, `${source.name}, ${inputs.name}`),
    ...(answers
      ? readAnswers(await answers.read(), examples, `${source.name}, ${answers.name}`)
      : { labels: undefined, heads: 1 }),
    ...(await own(byName, x)),
    name: source.name.replace(/\.npz$/i, ''),
    provenance: `${inputs.name}${answers ? ` and ${answers.name}` : ''} of ${source.name}.`,
  }
}

/** Inputs as any array of numbers gives them. */
export function examplesOf(
  { data, shape }: Tensor,
  where: string,
): Pick<StoredExamples, 'inputs' | 'shape' | 'layout' | 'divisor'> {
  if (shape.length < 2 || elementCount(shape) === 0)
    throw new UsageError(
      'usage.data',
      `${where} has the shape [${shape}]; examples are [examples × values], or images.`,
    )
  const bytes = data instanceof Uint8Array
  const inputs = bytes || data instanceof Float32Array ? data : Float32Array.from(data, Number)
  const bad = bytes ? -1 : (inputs as Float32Array).findIndex(value => !Number.isFinite(value))
  if (bad >= 0)
    throw new FormatError('format.value', `${where} holds ${inputs[bad]} at index ${bad}; every number must be finite.`)
  const own = shape.slice(1)
  return { inputs, shape: own, layout: channelsLast(own) ? 'nhwc' : 'nchw', divisor: bytes ? 255 : 1 }
}

function answersOf(
  file: string,
  byName: ReadonlyMap<string, WeightTensor>,
  names: readonly string[],
  wanted: string | undefined,
): WeightTensor | undefined {
  if (wanted === 'none') return undefined
  if (wanted === undefined) return byName.get(names.find(name => byName.has(name)) ?? '')
  const found = byName.get(wanted.toLowerCase())
  if (found) return found
  throw new UsageError(
    'usage.data',
    `${file} has no array "${wanted}" for the labels; it holds ${[...byName.values()].map(array => array.name).join(', ')}.`,
  )
}

/** `divisor` and the number of `classes`, as `lobes data --out` writes them. */
async function own(byName: ReadonlyMap<string, WeightTensor>, x: Tensor) {
  const number = async (name: string) => Number((await byName.get(name)?.read())?.data[0] ?? Number.NaN)
  const divisor = await number('divisor')
  const classes = await number('classes')
  return {
    ...(divisor > 0 && x.data.length > 0 && { divisor }),
    ...(Number.isInteger(classes) && classes > 0 && { classes: Array.from({ length: classes }, (_, c) => String(c)) }),
  }
}
