/**
 * The idx format of MNIST and its kin, plain or gzipped: two zero bytes, the element type, the number of axes, the size
 * of each axis as a big-endian 32-bit integer, then the values. Unsigned bytes alone are read: all these sets use them.
 */
import { FormatError, UnsupportedError } from '../errors.ts'
import { elementCount } from '../tensor/tensor.ts'
import type { Dataset, Split } from './dataset.ts'
import { gunzip, isGzip } from './gzip.ts'

export interface IdxArray {
  readonly shape: readonly number[]
  readonly data: Uint8Array<ArrayBuffer>
}

const UNSIGNED_BYTE = 8

/** @throws FormatError when the bytes are damaged, UnsupportedError when the values are no unsigned bytes. */
export async function readIdx(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<IdxArray> {
  const raw = isGzip(bytes) ? await gunzip(bytes, name) : bytes
  if (raw.length < 4 || raw[0] !== 0 || raw[1] !== 0) throw damaged(name, 'it does not begin with two zero bytes')
  if (raw[2] !== UNSIGNED_BYTE)
    throw new UnsupportedError(
      'unsupported.idx',
      `${name} holds idx elements of type 0x${raw[2].toString(16)}; only unsigned bytes (0x8) are read.`,
    )
  const axes = raw[3]
  const start = 4 + 4 * axes
  if (axes === 0 || raw.length < start) throw damaged(name, `its header of ${axes} axes is cut off`)
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis))
  if (elementCount(shape) !== raw.length - start)
    throw damaged(name, `shape [${shape}] needs ${elementCount(shape)} bytes, there are ${raw.length - start}`)
  return { shape, data: raw.slice(start) }
}

/** The four files of a set in idx format. */
export interface IdxFiles {
  readonly trainImages: Uint8Array<ArrayBuffer>
  readonly trainLabels: Uint8Array<ArrayBuffer>
  readonly testImages: Uint8Array<ArrayBuffer>
  readonly testLabels: Uint8Array<ArrayBuffer>
}

/** A set of grey images in ten classes from its four files. */
export async function idxDataset(
  files: IdxFiles,
  about: { readonly name: string; readonly classes: readonly string[] },
): Promise<Dataset> {
  const train = await idxSplit(files.trainImages, files.trainLabels, about, 'train')
  const test = await idxSplit(files.testImages, files.testLabels, about, 'test')
  if (String(train.shape) !== String(test.shape))
    throw damaged(about.name, `images to train on are [${train.shape}], images to test on [${test.shape}]`)
  return {
    ...about,
    shape: [1, ...train.shape],
    divisor: 255,
    heads: 1,
    outputs: about.classes.length,
    train: train.split,
    tests: { test: test.split },
    shuffle: true,
    provenance: `${about.name}, from idx files.`,
  }
}

async function idxSplit(
  images: Uint8Array<ArrayBuffer>,
  labels: Uint8Array<ArrayBuffer>,
  { name, classes }: { readonly name: string; readonly classes: readonly string[] },
  part: string,
): Promise<{ shape: readonly number[]; split: Split }> {
  const pixels = await readIdx(images, `${name}, images (${part})`)
  const answers = await readIdx(labels, `${name}, labels (${part})`)
  if (pixels.shape.length !== 3) throw damaged(`${name} (${part})`, `images have the shape [${pixels.shape}]`)
  const [count, ...shape] = pixels.shape
  if (count === 0 || answers.shape.length !== 1 || answers.shape[0] !== count)
    throw damaged(`${name} (${part})`, `there are ${count} images, but labels of shape [${answers.shape}]`)
  const wrong = answers.data.findIndex(label => label >= classes.length)
  if (wrong >= 0) throw damaged(`${name} (${part})`, `label ${wrong} is ${answers.data[wrong]}`)
  return { shape, split: { inputs: pixels.data, labels: Int32Array.from(answers.data) } }
}

function damaged(name: string, why: string): FormatError {
  return new FormatError('format.idx', `${name} is a damaged idx file: ${why}. Get it again.`)
}
