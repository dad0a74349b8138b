/**
 * The binary layout of CIFAR-10, plain or gzipped: records of 3,073 bytes, a label and then the red, green and blue
 * planes of an image of 32 × 32, row by row. A set may lie in several files.
 */
import { FormatError } from '../errors.ts'
import type { Dataset, Split } from './dataset.ts'
import { gunzip, isGzip } from './gzip.ts'

const SHAPE = [3, 32, 32] as const
const PIXELS = 3 * 32 * 32
const RECORD = 1 + PIXELS

export const CIFAR_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const

/** A file of records, or a part of it; the name is for messages. */
export interface CifarFile {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** @throws FormatError when a file is damaged. */
export async function cifarDataset(train: readonly CifarFile[], test: readonly CifarFile[]): Promise<Dataset> {
  return {
    name: 'cifar10_full',
    shape: SHAPE,
    divisor: 255,
    classes: CIFAR_CLASSES,
    heads: 1,
    outputs: CIFAR_CLASSES.length,
    train: await readRecords(train),
    tests: { test: await readRecords(test) },
    shuffle: true,
    provenance: `CIFAR-10, from ${[...train, ...test].map(({ name }) => name).join(', ')}.`,
  }
}

async function readRecords(files: readonly CifarFile[]): Promise<Split> {
  const unpacked = []
  for (const { name, bytes } of files) unpacked.push({ name, raw: isGzip(bytes) ? await gunzip(bytes, name) : bytes })
  const total = unpacked.reduce((sum, { raw }) => sum + raw.length, 0) / RECORD
  const inputs = new Uint8Array(Math.floor(total) * PIXELS)
  const labels = new Int32Array(Math.floor(total))
  let at = 0
  for (const { name, raw } of unpacked) {
    if (raw.length === 0 || raw.length % RECORD !== 0)
      throw damaged(name, `its ${raw.length} bytes are no whole number of records of ${RECORD}`)
    for (let start = 0; start < raw.length; start += RECORD, at++) {
      if (raw[start] >= CIFAR_CLASSES.length)
        throw damaged(name, `record ${start / RECORD} has the label ${raw[start]}`)
      labels[at] = raw[start]
      inputs.set(raw.subarray(start + 1, start + RECORD), at * PIXELS)
    }
  }
  return { inputs, labels }
}

function damaged(name: string, why: string): FormatError {
  return new FormatError('format.cifar', `${name} is no CIFAR-10 file or a damaged one: ${why}. Get it again.`)
}
