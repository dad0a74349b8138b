/** The one door for files: tells the format by the first bytes and opens the file with the format's own code. */
import { FormatError, UnsupportedError, UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import type { Format, OpenOptions } from './format.ts'
import { isKeras, isNpy, isNpz, isOnnx, isPyTorch, isSafetensors, isTfjs, type Sighting, UNREAD } from './signatures.ts'
import type { ByteSource } from './source.ts'

interface Entry {
  sniff(file: Sighting): boolean
  /** Loads the format's code, only when a file of that format is opened. */
  load(): Promise<Format>
}

/** In the order in which they are tried: the sure signs first. */
const FORMATS: readonly Entry[] = [
  { sniff: file => isNpy(file) || isNpz(file), load: async () => (await import('./npz.ts')).npz },
  { sniff: isKeras, load: async () => (await import('./keras/keras.ts')).keras },
  { sniff: isSafetensors, load: async () => (await import('./safetensors.ts')).safetensors },
  { sniff: isTfjs, load: async () => (await import('./tfjs/tfjs.ts')).tfjs },
  { sniff: isPyTorch, load: async () => (await import('./pytorch/pytorch.ts')).pytorch },
  { sniff: isOnnx, load: async () => (await import('./onnx.ts')).onnx },
]

/**
 * Opens a network file: ONNX, PyTorch, Keras, TensorFlow.js, safetensors, `.npz` or `.npy`. Weights are described now and
 * read when asked for.
 *
 * @throws FormatError when the bytes are wrong, UnsupportedError when the format is another one; the message says which.
 */
export async function openNetwork(source: ByteSource, options: OpenOptions = {}): Promise<Network> {
  if (source.byteLength === 0) throw new FormatError('format.empty', `${source.name} is empty.`)
  const head = await source.slice(0, Math.min(512, source.byteLength))
  const file: Sighting = { name: source.name.toLowerCase(), byteLength: source.byteLength, head }
  const entry = FORMATS.find(({ sniff }) => sniff(file))
  if (entry) {
    const format = await entry.load()
    if (options.key !== undefined && format.name !== 'pytorch')
      throw new UsageError(
        'usage.key',
        `A key chooses among the weights of a PyTorch checkpoint, and ${source.name} is none; leave "${options.key}" out.`,
      )
    return format.open(source, options)
  }
  const unread = UNREAD.find(({ sniff }) => sniff(file))
  if (unread)
    throw new UnsupportedError(
      'unsupported.format',
      `${source.name} looks like ${unread.label}, which ${unread.advice}.`,
    )
  const bytes = Array.from(head.subarray(0, 8), byte => byte.toString(16).padStart(2, '0')).join(' ')
  throw new UnsupportedError(
    'unsupported.format',
    `${source.name} is of no format lobes knows (it begins with ${bytes}); it reads ONNX, PyTorch, Keras, TensorFlow.js, safetensors, .npz and .npy.`,
  )
}
