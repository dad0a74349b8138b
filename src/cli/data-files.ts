/** Examples from what `--data` names: a task, an `.npz` or `.npy` file, idx files, a folder of images by class. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { readAnswers } from '../data/answers.ts'
import { idxExamples } from '../data/idx-examples.ts'
import { PICTURE_NAME } from '../data/image-file.ts'
import { classOrder, type ImageEntry, imageExamples } from '../data/image-folder.ts'
import { examplesOf, npzExamples } from '../data/npz-examples.ts'
import { datasetExamples, type StoredExamples } from '../data/stored-examples.ts'
import { UsageError } from '../errors.ts'
import { fileSource } from '../formats/file-source.ts'
import type { WatchOptions } from '../progress.ts'
import { readNpy } from '../tensor/npy.ts'
import { tensor } from '../tensor/tensor.ts'
import { wantedDataset } from './training-config.ts'

/**
 * @param name a path where there is something at it, else the name of a task
 * @param labels a file of labels, the name of an array in an `.npz` file, or `none`
 * @throws UsageError naming what is missing or does not fit
 */
export async function storedExamples(
  name: string,
  labels: string | undefined,
  watch: WatchOptions,
): Promise<StoredExamples> {
  const status = await stat(name).catch(() => undefined)
  if (!status && !looksLikePath(name)) {
    const examples = datasetExamples(await wantedDataset(name, {}, watch))
    return labels === undefined ? examples : withLabels(examples, labels)
  }
  if (status?.isDirectory()) {
    const examples = await folderExamples(name, watch)
    return labels === undefined ? examples : withLabels(examples, labels)
  }
  if (/\.npz$/i.test(name)) {
    const own = labels === undefined || labels === 'none' || !(await stat(labels).catch(() => undefined))
    const examples = await npzExamples(await fileSource(name), own ? labels : 'none')
    return own ? examples : withLabels(examples, labels)
  }
  const bytes = await read(name)
  if (/\.npy$/i.test(name)) {
    const base = basename(name)
    const inputs = examplesOf(readNpy(bytes, base), base)
    const examples = { ...inputs, name: base, heads: 1, provenance: `${base}.` }
    return labels === undefined ? examples : withLabels(examples, labels)
  }
  if (/idx|ubyte|\.gz$/i.test(basename(name)))
    return withLabels(await idxExamples(bytes, undefined, basename(name)), labels ?? (await labelsBeside(name)))
  throw new UsageError(
    'usage.data',
    `${name} is no data that can be read: give the name of a task (mnist, digits …), an .npz or .npy file, idx files, or a folder of images by class.`,
  )
}

const looksLikePath = (name: string) =>
  /[/\\]|\.(npz|npy|gz|idx\d?|png|jpe?g|csv|zip|tar)$/i.test(name) && !/^\[/.test(name)

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readFile(path).catch(error => {
    throw new UsageError('usage.file', `${path} cannot be read (${error.code}); check the path.`, { cause: error })
  })
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
}

/** `t10k-labels-idx1-ubyte.gz` beside `t10k-images-idx3-ubyte.gz`; `none` where there is none. */
async function labelsBeside(images: string): Promise<string> {
  const name = basename(images)
    .replace(/images?/i, 'labels')
    .replace(/idx\d/, 'idx1')
  const other = name.endsWith('.gz') ? name.slice(0, -3) : `${name}.gz`
  for (const candidate of [name, other]) {
    const path = join(dirname(images), candidate)
    if (path !== images && (await stat(path).catch(() => undefined))) return path
  }
  return 'none'
}

/** Labels of their own: an idx or `.npy` file, or a text file with one a line. */
async function withLabels(examples: StoredExamples, labels: string): Promise<StoredExamples> {
  const { labels: _, targets, classes, ...bare } = examples
  if (labels === 'none') return { ...bare, heads: 1 }
  const bytes = await read(labels)
  const count = examples.inputs.length / examples.shape.reduce((product, n) => product * n, 1)
  const where = basename(labels)
  if (/\.npy$/i.test(labels)) return { ...bare, ...readAnswers(readNpy(bytes, where), count, where) }
  if (/\.(txt|csv)$/i.test(labels)) return { ...bare, ...readAnswers(textLabels(bytes, where), count, where) }
  return { ...bare, ...(await idxLabels(bytes, where, count)) }
}

function textLabels(bytes: Uint8Array, where: string) {
  const lines = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter(line => line.trim() !== '')
  const at = lines.findIndex(line => !/^\s*\d+\s*$/.test(line))
  if (at >= 0)
    throw new UsageError(
      'usage.data',
      `${where}, line ${at + 1} is "${lines[at].slice(0, 40)}"; a file of labels has one whole number a line.`,
    )
  return tensor(Int32Array.from(lines, Number), [lines.length])
}

async function idxLabels(bytes: Uint8Array<ArrayBuffer>, where: string, count: number) {
  const { readIdx } = await import('../data/idx.ts')
  const { data, shape } = await readIdx(bytes, where)
  return readAnswers(tensor(Int32Array.from(data), [...shape]), count, where)
}

/** A folder of images by class, or with idx files in it; of `test`, `val` and `train` folders the first there is. */
async function folderExamples(folder: string, watch: WatchOptions): Promise<StoredExamples> {
  const entries = await readdir(folder, { withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => entry.name)
  const idx = files
    .filter(file => /images?[-.]idx3|images?\.idx/i.test(file))
    .sort((a, b) => testFirst(a) - testFirst(b))
  if (idx.length > 0) return storedExamples(join(folder, idx[0]), undefined, watch)
  const folders = entries.filter(entry => entry.isDirectory() && !entry.name.startsWith('.')).map(entry => entry.name)
  const split = ['test', 'val', 'valid', 'validation', 'train'].find(name => folders.includes(name))
  if (split !== undefined && folders.every(name => SPLITS.includes(name)))
    return folderExamples(join(folder, split), watch)
  const images: ImageEntry[] = []
  for (const name of classOrder(folders))
    for (const file of (await readdir(join(folder, name))).filter(file => PICTURE_NAME.test(file)).sort())
      images.push({ folder: name, name: file, read: () => read(join(folder, name, file)) })
  if (images.length === 0)
    for (const file of files.filter(name => PICTURE_NAME.test(name)).sort())
      images.push({ name: file, read: () => read(join(folder, file)) })
  return imageExamples(images, basename(resolve(folder)), watch)
}

const SPLITS = ['test', 'val', 'valid', 'validation', 'train']
const testFirst = (name: string) => (/t10k|test/i.test(name) ? 0 : 1)
