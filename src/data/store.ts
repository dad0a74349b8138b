/**
 * Image sets on this machine (Node only): in the folder `LOBES_DATA` names, else in the cache, else downloaded into the
 * cache, where every file's checksum must be right.
 */
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ResourceError, UsageError } from '../errors.ts'
import { cifarDataset } from './cifar.ts'
import { type DataStore, type Dataset, exampleCount } from './dataset.ts'
import { type DownloadOptions, download } from './download.ts'
import { gunzip } from './gzip.ts'
import { idxDataset } from './idx.ts'
import { type IDX_PARTS, type ImageSource, SOURCES } from './sources.ts'
import { readTar } from './tar.ts'

export interface DataStoreOptions {
  /** A folder with image sets; see docs/tasks.md for its layout. Default: the environment's `LOBES_DATA`. */
  readonly folder?: string
  /** Where downloads are kept. Default: `LOBES_CACHE`, else `lobes/data` in the user's cache folder. */
  readonly cache?: string
  /** Whether missing sets are downloaded. Default: true. */
  readonly download?: boolean
  /** Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch
}

type SetName = keyof typeof SOURCES

/** A store over folders and downloads. Each set is read once and kept for as long as the store is. */
export function dataStore(options: DataStoreOptions = {}): DataStore {
  const folder = options.folder ?? (process.env.LOBES_DATA || undefined)
  const cache = options.cache ?? (process.env.LOBES_CACHE || defaultCache())
  const roots = folder === undefined ? [cache] : [folder, cache]
  const loaded = new Map<SetName, Promise<Dataset>>()
  const load = async (name: SetName, watch: DownloadOptions): Promise<Dataset> => {
    for (const root of roots) {
      const found = await findSet(name, root)
      if (found) return found
    }
    if (options.download === false) throw missing(name, roots)
    await fetchSet(name, cache, watch).catch(error => {
      if (!(error instanceof ResourceError)) throw error
      throw new ResourceError(error.code, `${error.message} ${cure(name)}`, { cause: error })
    })
    const found = await findSet(name, cache)
    if (!found) throw missing(name, roots)
    return found
  }
  return {
    load(name, watch = {}) {
      if (!loaded.has(name)) {
        const promise = load(name, { ...watch, fetch: options.fetch })
        loaded.set(name, promise)
        promise.catch(() => loaded.delete(name))
      }
      return loaded.get(name) as Promise<Dataset>
    },
  }
}

function defaultCache(): string {
  const base = process.env.XDG_CACHE_HOME || process.env.LOCALAPPDATA || join(homedir(), '.cache')
  return join(base, 'lobes', 'data')
}

function missing(name: SetName, roots: readonly string[]): UsageError {
  return new UsageError('usage.data', `${SOURCES[name].title} is in none of ${roots.join(', ')}. ${cure(name)}`)
}

/** What to get, from where, and where to put it. */
function cure(name: SetName): string {
  const { folders, files, addresses } = SOURCES[name]
  const names = files.map(file => file.name).join(', ')
  const unpack = name === 'cifar10' ? ' unpack it and put its .bin files' : ' put them'
  return `Get ${names} from ${addresses[0]},${unpack} into a folder "${folders[0]}", and set LOBES_DATA to the folder around it.`
}

async function findSet(name: SetName, root: string): Promise<Dataset | undefined> {
  for (const folder of SOURCES[name].folders) {
    const path = join(root, folder)
    const files = await readdir(path).catch(() => [])
    const found = name === 'cifar10' ? await openCifar(path, files) : await openIdx(name, path, files)
    if (found) return found
  }
  return undefined
}

async function openIdx(name: SetName, folder: string, files: readonly string[]): Promise<Dataset | undefined> {
  const source = SOURCES[name]
  const paths = source.files.map(file => {
    const plain = file.name.replace(/\.gz$/, '')
    const names = [file.name, plain, plain.replace('-idx', '.idx')]
    return files.find(there => names.includes(there))
  })
  if (paths.some(path => path === undefined)) return undefined
  const contents = await Promise.all(paths.map(path => readBytes(join(folder, path as string))))
  const [trainImages, trainLabels, testImages, testLabels] = contents
  const dataset = await idxDataset(
    { trainImages, trainLabels, testImages, testLabels } satisfies Record<(typeof IDX_PARTS)[number], Uint8Array>,
    { name, classes: source.classes },
  )
  return described(dataset, source, paths as string[])
}

async function openCifar(folder: string, files: readonly string[]): Promise<Dataset | undefined> {
  const named = (pattern: RegExp) => files.filter(file => pattern.test(file)).sort()
  const train = named(/^(train|data_batch).*\.bin(\.gz)?$/)
  const test = named(/^test.*\.bin(\.gz)?$/)
  if (train.length === 0 || test.length === 0) return undefined
  const read = (names: readonly string[]) =>
    Promise.all(names.map(async name => ({ name, bytes: await readBytes(join(folder, name)) })))
  return described(await cifarDataset(await read(train), await read(test)), SOURCES.cifar10, [...train, ...test])
}

/** Says how many images there are: a folder may hold a part of a set, or another order of it. */
function described(dataset: Dataset, { title, citation }: ImageSource, files: readonly string[]): Dataset {
  const counts = [dataset.train, dataset.tests.test].map(split => exampleCount(dataset, split).toLocaleString('en-US'))
  return { ...dataset, provenance: `${title} (${citation}), ${counts.join(' + ')} images from ${files.join(', ')}.` }
}

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readFile(path).catch(error => {
    throw new UsageError('usage.file', `${path} cannot be read (${error.code}); check its permissions.`, {
      cause: error,
    })
  })
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
}

async function fetchSet(name: SetName, cache: string, options: DownloadOptions): Promise<void> {
  const source = SOURCES[name]
  const folder = join(cache, source.folders[0])
  for (const file of source.files) {
    const path = join(folder, file.name)
    if (await stat(path).catch(() => undefined)) continue
    const bytes = await download(source, file, options)
    if (!file.name.endsWith('.tar.gz')) {
      await keep(folder, file.name, bytes)
      continue
    }
    for (const [member, content] of readTar(await gunzip(bytes, file.name), file.name)) {
      const base = member.slice(member.lastIndexOf('/') + 1)
      if (base.endsWith('.bin')) await keep(folder, base, content)
    }
  }
}

/** Written beside and renamed, so that a file in the cache is always whole. */
async function keep(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const path = join(folder, name)
  const beside = `${path}.${process.pid}.part`
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(beside, bytes)
    await rename(beside, path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    throw new ResourceError(
      'resource.write',
      `${path} cannot be written (${code}); make room, or set LOBES_CACHE to another folder.`,
      { cause: error },
    )
  }
}
