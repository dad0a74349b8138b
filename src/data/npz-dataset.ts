/**
 * Data sets as `.npz`, under the names Keras uses: `x_train`, `y_train`, `x_test`, `y_test`; other test splits as
 * `x_NAME`, `y_NAME`; `divisor` as in {@link Dataset}. Upper-case `X_…` is read too.
 *
 * Inputs: [examples × features], [examples × height × width], or images with their channels first or, where the last
 * axis alone can be one of channels (1, 3 or 4 long), last. Answers: integers are labels, [examples] or
 * [examples × heads]; floats are targets, [examples] or [examples × outputs].
 */
import { FormatError, UsageError } from '../errors.ts'
import { readNpz } from '../formats/npz.ts'
import type { ByteSource } from '../formats/source.ts'
import type { WeightTensor } from '../network/network.ts'
import { writeNpz } from '../tensor/npz.ts'
import { permute } from '../tensor/permute.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { checkDataset, type Dataset, exampleCount, type Split } from './dataset.ts'

/** The data set as one `.npz` file, which {@link npzDataset} and `numpy.load` read. */
export function datasetToNpz(dataset: Dataset, compress = false): Uint8Array<ArrayBuffer> {
  const arrays: Record<string, Tensor> = {}
  for (const [name, split] of Object.entries({ train: dataset.train, ...dataset.tests })) {
    const count = exampleCount(dataset, split)
    const { inputs, labels, targets, fromSecond } = split
    arrays[`x_${name}`] = tensor(inputs, [count, ...dataset.shape])
    if (labels) arrays[`y_${name}`] = tensor(labels, dataset.heads === 1 ? [count] : [count, dataset.heads])
    if (targets) arrays[`y_${name}`] = tensor(targets, [count, dataset.outputs])
    if (fromSecond) arrays[`second_${name}`] = tensor(fromSecond, [count])
  }
  arrays.divisor = tensor(Float64Array.of(dataset.divisor), [])
  if (dataset.classes) arrays.classes = tensor(Int32Array.of(dataset.classes.length), [])
  return writeNpz(arrays, { compress })
}

/**
 * Reads a data set. Without an array `divisor`, bytes are pixels (255) and all else numbers (1); without `classes` there
 * are as many as the largest label tells.
 *
 * @throws UsageError naming the array that is missing or does not fit, FormatError for damaged files.
 */
export async function npzDataset(source: ByteSource): Promise<Dataset> {
  const arrays = new Map((await readNpz(source)).map(array => [array.name.replace(/^X_/, 'x_'), array]))
  const names = [...arrays.keys()].filter(name => name.startsWith('x_')).map(name => name.slice(2))
  if (!names.includes('train') || !names.includes('test'))
    throw new UsageError(
      'usage.data',
      `${source.name} holds ${[...arrays.keys()].join(', ')}; a data set needs x_train, y_train, x_test and y_test.`,
    )
  const parts = new Map<string, Part>()
  for (const name of names) parts.set(name, await readPart(source.name, arrays, name))
  const first = parts.get('train') as Part
  for (const [name, { shape, width }] of parts)
    if (String(shape) !== String(first.shape) || width !== first.width)
      throw misfit(
        source.name,
        `x_${name}, y_${name}`,
        `examples of [${shape}] with ${width} answers`,
        `[${first.shape}] with ${first.width}`,
      )
  const number = async (name: string) => Number((await arrays.get(name)?.read())?.data[0] ?? Number.NaN)
  const divisor = (await number('divisor')) || (first.split.inputs instanceof Uint8Array ? 255 : 1)
  const largest = [...parts.values()].reduce((most, { split }) => largestLabel(split.labels, most), -1)
  const classes = largest < 0 ? 0 : (await number('classes')) || largest + 1
  const splits = Object.fromEntries([...parts].map(([name, { split }]) => [name, split]))
  const { train, test, ...others } = splits
  return checkDataset({
    name: source.name.replace(/\.npz$/i, ''),
    shape: first.shape,
    divisor,
    ...(classes > 0 && { classes: Array.from({ length: classes }, (_, i) => String(i)) }),
    heads: classes > 0 ? first.width : 1,
    outputs: first.width * Math.max(1, classes),
    train,
    tests: { test, ...others },
    shuffle: true,
    provenance: `From ${source.name}.`,
  })
}

interface Part {
  readonly split: Split
  readonly shape: readonly number[]
  /** Labels or targets per example. */
  readonly width: number
}

async function readPart(file: string, arrays: ReadonlyMap<string, WeightTensor>, name: string): Promise<Part> {
  const x = await (arrays.get(`x_${name}`) as WeightTensor).read()
  const y = await arrays.get(`y_${name}`)?.read()
  if (!y) throw new UsageError('usage.data', `${file} holds x_${name}, but no y_${name}; put the labels or targets in.`)
  const images = channelsFirst(x, `${file}, x_${name}`)
  const [count, ...shape] = images.shape
  if (y.shape.length < 1 || y.shape.length > 2 || y.shape[0] !== count)
    throw misfit(file, `y_${name}`, `shape [${y.shape}]`, `[${count}] or [${count} × answers]`)
  const second = await arrays.get(`second_${name}`)?.read()
  const isFloat = y.data instanceof Float32Array || y.data instanceof Float64Array
  return {
    shape,
    width: y.shape[1] ?? 1,
    split: {
      inputs: images.data instanceof Uint8Array ? images.data : finite(images, `${file}, x_${name}`),
      ...(isFloat ? { targets: finite(y, `${file}, y_${name}`) } : { labels: Int32Array.from(y.data, Number) }),
      ...(second && { fromSecond: Uint8Array.from(second.data, Number) }),
    },
  }
}

function largestLabel(labels: Int32Array | undefined, most: number): number {
  return labels ? labels.reduce((a, b) => Math.max(a, b), most) : most
}

const CHANNELS = [1, 3, 4]

function channelsFirst(x: Tensor, where: string): Tensor {
  const { shape } = x
  if (shape.length === 2) return x
  if (shape.length === 3) return { ...x, shape: [shape[0], 1, shape[1], shape[2]] }
  if (shape.length !== 4)
    throw new UsageError(
      'usage.data',
      `${where} has the shape [${shape}]; examples are rows, images, or images with channels.`,
    )
  const isLast = CHANNELS.includes(shape[3]) && !CHANNELS.includes(shape[1])
  return isLast ? permute(x, [0, 3, 1, 2]) : x
}

function finite({ data }: Tensor, where: string): Float32Array {
  const values = data instanceof Float32Array ? data : Float32Array.from(data, Number)
  const at = values.findIndex(value => !Number.isFinite(value))
  if (at >= 0)
    throw new FormatError('format.value', `${where} holds ${values[at]} at index ${at}; every number must be finite.`)
  return values
}

function misfit(file: string, what: string, is: string, must: string): UsageError {
  return new UsageError('usage.data', `${file}: ${what} has ${is}, but must have ${must}.`)
}
