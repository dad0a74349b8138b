import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { download } from '../../src/data/download.ts'
import type { ImageSource, SourceFile } from '../../src/data/sources.ts'
import { SOURCES } from '../../src/data/sources.ts'
import { readTar } from '../../src/data/tar.ts'
import { FormatError, LobesError, ResourceError } from '../../src/errors.ts'
import { gzipped } from './idx-bytes.ts'

const content = Uint8Array.of(1, 2, 3)
const file: SourceFile = { name: 'a.gz', sha256: bytesToHex(sha256(content)), checksumOf: 'file' }
const source: ImageSource = {
  title: 'A set',
  folders: ['a'],
  classes: [],
  addresses: ['https://one.example/', 'https://two.example/'],
  files: [file],
  citation: '',
}

/** Answers by host; a missing one fails as an unreachable host does. */
function serve(answers: Record<string, Uint8Array<ArrayBuffer> | number>): typeof fetch {
  return async input => {
    const answer = answers[new URL(String(input)).host]
    if (answer === undefined) throw new TypeError('fetch failed')
    return typeof answer === 'number' ? new Response('', { status: answer }) : new Response(answer)
  }
}

describe('download', () => {
  it('takes the first address whose bytes have the right checksum', async () => {
    const fetch = serve({ 'one.example': Uint8Array.of(1, 2, 4), 'two.example': content })
    expect(await download(source, file, { fetch })).toEqual(content)
  })

  it('can check what is inside a gzip file instead', async () => {
    const packed = await gzipped(content)
    const fetch = serve({ 'one.example': packed })
    expect(await download(source, { ...file, checksumOf: 'content' }, { fetch })).toEqual(packed)
  })

  it('tells what every address answered', async () => {
    const answer = download(source, file, { fetch: serve({ 'one.example': 404 }) })
    await expect(answer).rejects.toThrow(ResourceError)
    await expect(answer).rejects.toThrow(/one\.example\/a\.gz: status 404; https:\/\/two\.example\/a\.gz: fetch failed/)
  })

  it('never hands out bytes with a wrong checksum', async () => {
    const fetch = serve({ 'one.example': new Uint8Array(3), 'two.example': new Uint8Array(4) })
    await expect(download(source, file, { fetch })).rejects.toThrow(/wrong checksum/)
  })

  it('reports progress and can be interrupted', async () => {
    const stop = new AbortController()
    const seen: number[] = []
    await download(source, file, {
      fetch: serve({ 'one.example': content }),
      onProgress: ({ done }) => seen.push(done),
    })
    expect(seen.at(-1)).toBe(3)
    stop.abort()
    const interrupted = await download(source, file, { fetch: serve({}), signal: stop.signal }).catch(error => error)
    expect(interrupted).toBeInstanceOf(LobesError)
    expect(interrupted.code).toBe('interrupted')
  })
})

it('every source has a checksum for every file, an address and classes', () => {
  for (const { files, addresses, classes } of Object.values(SOURCES)) {
    for (const { sha256: sum } of files) expect(sum).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set(files.map(one => one.sha256)).size).toBe(files.length)
    expect(addresses.length).toBeGreaterThan(0)
    expect(classes).toHaveLength(10)
  }
})

describe('readTar', () => {
  const header = (name: string, size: string, type = '0') => {
    const bytes = new Uint8Array(512)
    bytes.set(new TextEncoder().encode(name))
    bytes.set(new TextEncoder().encode(size), 124)
    bytes.set(new TextEncoder().encode(type), 156)
    return bytes
  }
  const archive = (...blocks: Uint8Array[]) => Uint8Array.from(blocks.flatMap(block => [...block]))

  it('reads files, not folders', () => {
    const body = new Uint8Array(512).fill(7, 0, 3)
    const files = readTar(
      archive(header('d/', '0', '5'), header('d/x.bin', '00000000003\0'), body, new Uint8Array(1024)),
      'x.tar',
    )
    expect([...files]).toEqual([['d/x.bin', Uint8Array.of(7, 7, 7)]])
  })

  it.each(['77777777777\0', 'nonsense', '-7'])('refuses a file of size %j', size => {
    expect(() => readTar(archive(header('x', size), new Uint8Array(512)), 'x.tar')).toThrow(FormatError)
  })
})
