import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { afterAll, describe, expect, it } from 'vitest'
import { checkDataset, exampleCount } from '../../src/data/dataset.ts'
import { gunzip } from '../../src/data/gzip.ts'
import { SOURCES } from '../../src/data/sources.ts'
import { dataStore } from '../../src/data/store.ts'
import { fileSource } from '../../src/formats/file-source.ts'
import { gzipped, tinySet } from './idx-bytes.ts'

const root = mkdtempSync(join(tmpdir(), 'lobes-data-'))
afterAll(() => rmSync(root, { recursive: true }))

const cache = join(root, 'cache')
const offline: typeof fetch = async () => {
  throw new TypeError('fetch failed')
}

async function put(folder: string, names: readonly string[], pack: boolean): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const contents = Object.values(tinySet())
  for (const [i, name] of names.entries())
    writeFileSync(join(folder, name), pack ? await gzipped(contents[i]) : contents[i])
}

const GZ = SOURCES.mnist.files.map(({ name }) => name)
const PLAIN = GZ.map(name => name.replace('.gz', ''))

describe('dataStore', () => {
  it.each([
    ['mnist', 'mnist', GZ, true],
    ['fashion', 'FashionMNIST/raw', PLAIN, false],
    ['kmnist', 'kmnist', PLAIN.map(name => name.replace('-idx', '.idx')), false],
  ] as const)('finds %s in %s', async (name, folder, files, pack) => {
    const data = join(root, `found-${name}`)
    await put(join(data, folder), files, pack)
    const set = await dataStore({ folder: data, cache, download: false }).load(name)
    expect(set).toMatchObject({ name, shape: [1, 2, 3], classes: SOURCES[name].classes })
    expect(set.provenance).toContain(`5 + 3 images from ${files[0]}`)
  })

  it('finds CIFAR-10 in several files', async () => {
    const folder = join(root, 'cifar', 'cifar-10-batches-bin')
    mkdirSync(folder, { recursive: true })
    for (const name of ['data_batch_1.bin', 'data_batch_2.bin', 'test_batch.bin'])
      writeFileSync(join(folder, name), new Uint8Array(3073 * 2).fill(name.includes('2') ? 2 : 1))
    const set = await dataStore({ folder: join(root, 'cifar'), cache, download: false }).load('cifar10')
    expect(set.train.labels).toEqual(Int32Array.of(1, 1, 2, 2))
  })

  it('says where it looked, what to get and where to put it', async () => {
    const store = dataStore({ folder: join(root, 'empty'), cache, download: false })
    await expect(store.load('kmnist')).rejects.toThrow(
      /Kuzushiji-MNIST is in none of .*empty, .*cache\. Get train-images.*from https:\/\/codh.*folder "kmnist", and set LOBES_DATA/,
    )
  })

  it('says the same when a download fails, and leaves nothing behind', async () => {
    const store = dataStore({ folder: join(root, 'empty'), cache: join(root, 'none'), fetch: offline })
    await expect(store.load('mnist')).rejects.toThrow(/could not be downloaded \(.*fetch failed.*\)\. Get train-images/)
    expect(existsSync(join(root, 'none'))).toBe(false)
  })

  it('refuses downloads that are not the published files', async () => {
    const fetch: typeof offline = async () => new Response(await gzipped(tinySet().trainImages))
    const store = dataStore({ folder: join(root, 'empty'), cache: join(root, 'forged'), fetch })
    await expect(store.load('mnist')).rejects.toThrow(/wrong checksum/)
    expect(existsSync(join(root, 'forged'))).toBe(false)
  })
})

const REAL = '../shared/data'

describe.skipIf(!existsSync(REAL))('real sets (skipped where ../shared/data is absent)', () => {
  it.each([
    ['mnist', 60_000, 10_000],
    ['fashion', 60_000, 10_000],
    ['cifar10', 15_000, 3_000],
  ] as const)('%s: %d + %d examples, every class', async (name, train, test) => {
    const set = checkDataset(await dataStore({ folder: REAL, cache, download: false }).load(name))
    expect([exampleCount(set, set.train), exampleCount(set, set.tests.test)]).toEqual([train, test])
    expect(new Set(set.train.labels)).toEqual(new Set(Array(10).keys()))
  })

  it('downloads MNIST into the cache and finds it there again', async () => {
    const asked: string[] = []
    const fetch: typeof offline = async input => {
      const name = String(input).split('/').at(-1) as string
      asked.push(name)
      const source = await fileSource(join(REAL, 'mnist', name))
      return new Response(await source.slice(0, source.byteLength))
    }
    const folder = join(root, 'empty')
    const kept = join(root, 'kept')
    await dataStore({ folder, cache: kept, fetch }).load('mnist')
    expect(asked).toEqual(GZ)
    expect(readdirSync(join(kept, 'mnist')).sort()).toEqual([...GZ].sort())
    const again = await dataStore({ folder, cache: kept, fetch: offline }).load('mnist')
    expect(again.train.labels?.slice(0, 5)).toEqual(Int32Array.of(5, 0, 4, 1, 9))
  })

  it('MNIST’s checksums are those of the real files', async () => {
    for (const { name, sha256: sum } of SOURCES.mnist.files) {
      const source = await fileSource(join(REAL, 'mnist', name))
      const content = await gunzip(await source.slice(0, source.byteLength), name)
      expect(bytesToHex(sha256(content))).toBe(sum)
    }
  })
})
