/** The flags that say which network to open, and opening it. */
import { readFile } from 'node:fs/promises'
import type { ArgsDef } from 'citty'
import { FormatError, UsageError } from '../errors.ts'
import type { OpenOptions } from '../formats/format.ts'
import type { ByteSource } from '../formats/source.ts'
import type { Network } from '../network/network.ts'
import { choice, type Flags, text } from './flags.ts'

export const OPEN_FLAGS = {
  file: {
    type: 'positional',
    description: 'network file, folder or URL: ONNX, PyTorch, Keras, TensorFlow.js, safetensors, npz, npy',
    required: false,
  },
  layers: {
    type: 'string',
    valueHint: 'layers.json',
    description: 'the chain of layers, for files with weights alone',
  },
  orientation: {
    type: 'string',
    valueHint: 'out-in|in-out',
    description: 'rows of weight matrices are outputs (PyTorch) or inputs (Keras, NumPy)',
  },
  key: {
    type: 'string',
    valueHint: 'model_ema',
    description: 'which weights of a PyTorch checkpoint that holds several, by the keys that lead there',
  },
} as const satisfies ArgsDef

export const OUTPUT_FLAGS = {
  json: { type: 'boolean', description: 'one JSON document on stdout, all else on stderr' },
  quiet: { type: 'boolean', description: 'no progress and no remarks' },
} as const satisfies ArgsDef

export interface OpenedFile {
  readonly source: ByteSource
  readonly network: Network
}

/** Opens the file the flags name. */
export async function openFile(flags: Flags): Promise<OpenedFile> {
  const file = text(flags, 'file')
  if (file === undefined)
    throw new UsageError('usage.file', 'Which file? Give the path of a network as first argument.')
  const options: OpenOptions = {
    layers: await readJson(text(flags, 'layers')),
    orientation: choice(flags, 'orientation', ['out-in', 'in-out']),
    key: text(flags, 'key'),
  }
  const { openNetwork } = await import('../formats/open.ts')
  const source = await openSource(file)
  return { source, network: await openNetwork(source, options) }
}

/** A file or an address. */
export async function openSource(file: string): Promise<ByteSource> {
  if (/^https?:\/\//.test(file)) return (await import('../formats/url-source.ts')).urlSource(file)
  return (await import('../formats/file-source.ts')).fileSource(file)
}

async function readJson(path: string | undefined): Promise<unknown> {
  if (path === undefined) return undefined
  const content = await readFile(path, 'utf8').catch(error => {
    throw new UsageError('usage.file', `${path} cannot be read (${error.code}); check the path.`, { cause: error })
  })
  try {
    return JSON.parse(content)
  } catch (error) {
    throw new FormatError('format.json', `${path} is not valid JSON: ${(error as Error).message}`, { cause: error })
  }
}
