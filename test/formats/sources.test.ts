/** Byte sources of the browser: memory, Blob, URL. */
import { describe, expect, test } from 'vitest'
import { FormatError, LobesError } from '../../src/errors.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { urlSource } from '../../src/formats/url-source.ts'

const BYTES = Uint8Array.from({ length: 2000 }, (_, i) => i % 251)

/** A server for one folder; `ranges: false` ignores range requests, `hide` keeps Content-Range from the reader. */
function server(options: { ranges?: boolean; hide?: boolean } = {}) {
  const { ranges = true, hide = false } = options
  const requests: string[] = []
  let version = '1'
  const serve = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input))
    const range = new Headers(init.headers).get('range')
    requests.push(`${init.method ?? 'GET'} ${url.pathname} ${range ?? ''}`.trim())
    if (!url.pathname.startsWith('/nets/')) return new Response('', { status: 404 })
    if (url.pathname.endsWith('/missing.bin')) return new Response('', { status: 404 })
    if (url.pathname.endsWith('/broken.bin')) return new Response('', { status: 503, statusText: 'Busy' })
    if (init.method === 'HEAD') return new Response(null, { headers: { 'content-length': String(BYTES.length) } })
    if (!range || !ranges) return new Response(BYTES)
    const [start, last] = range.slice(6).split('-').map(Number)
    const headers = new Headers({ etag: version })
    if (!hide) headers.set('content-range', `bytes ${start}-${last}/${BYTES.length}`)
    return new Response(BYTES.slice(start, last + 1), { status: 206, headers })
  }
  return { fetch: serve as typeof fetch, requests, change: () => (version = '2') }
}

const URL_OF_NET = 'https://example.org/nets/net.onnx?key=1'

describe.each([
  ['memory', async () => memorySource(BYTES)],
  ['a Blob', async () => memorySource(new Blob([BYTES]))],
  ['a URL with ranges', () => urlSource(URL_OF_NET, server())],
  ['a URL without ranges', () => urlSource(URL_OF_NET, server({ ranges: false }))],
  ['a URL that hides its length', () => urlSource(URL_OF_NET, server({ hide: true }))],
])('%s', (_, open) => {
  test('gives the bytes asked for', async () => {
    const source = await open()
    expect(source.byteLength).toBe(2000)
    expect(await source.slice(0, 2000)).toEqual(BYTES)
    expect(await source.slice(600, 610)).toEqual(BYTES.slice(600, 610))
    expect(await source.slice(5, 5)).toEqual(new Uint8Array(0))
  })

  test.each([
    [-1, 5],
    [0, 2001],
    [10, 5],
    [0.5, 2],
    [0, 2 ** 60],
  ])('refuses the range %d to %d', async (start, end) => {
    await expect((await open()).slice(start, end)).rejects.toThrow(FormatError)
  })

  test.each(['../net.bin', '/etc/passwd', 'a/../../b', 'C:/x', 'a\\b', 'a//b', '', '.', 'a\0b'])(
    'refuses the sibling %j',
    async path => {
      await expect((await open()).sibling?.(path)).rejects.toThrow(FormatError)
    },
  )
})

test('what a reader changes does not change the original', async () => {
  const original = BYTES.slice()
  const source = memorySource(original)
  ;(await source.slice(0, 10)).fill(255)
  expect(original).toEqual(BYTES)
})

test('siblings in memory are found by their paths', async () => {
  const source = memorySource(BYTES, { name: 'net.onnx', siblings: { 'data/w.bin': Uint8Array.of(1, 2) } })
  expect(await (await source.sibling!('./data/w.bin'))!.slice(0, 2)).toEqual(Uint8Array.of(1, 2))
  expect(await source.sibling!('w.bin')).toBeUndefined()
  expect(await source.sibling!('constructor')).toBeUndefined()
})

describe('a URL', () => {
  test('is read by ranges only, its head once', async () => {
    const { fetch, requests } = server()
    const source = await urlSource(URL_OF_NET, { fetch })
    expect(source.name).toBe('net.onnx')
    await source.slice(0, 512)
    await source.slice(1000, 1004)
    expect(requests).toEqual(['GET /nets/net.onnx bytes=0-511', 'GET /nets/net.onnx bytes=1000-1003'])
  })

  test('has siblings in its folder', async () => {
    const source = await urlSource(URL_OF_NET, server())
    expect((await source.sibling!('data/w 1.bin'))!.name).toBe('w 1.bin')
    expect(await source.sibling!('missing.bin')).toBeUndefined()
  })

  test('says what is wrong', async () => {
    await expect(urlSource('https://example.org/nets/missing.bin', server())).rejects.toThrow(/no file at/)
    await expect(urlSource('https://example.org/nets/broken.bin', server())).rejects.toThrow(/503 Busy/)
    const offline = { fetch: () => Promise.reject(new TypeError('offline')) }
    const failure = await urlSource(URL_OF_NET, offline).catch(error => error)
    expect(failure).toBeInstanceOf(LobesError)
    expect(failure.message).toMatch(/cannot be reached: offline/)
  })

  test('that changes while it is read is noticed', async () => {
    const { change, ...options } = server()
    const source = await urlSource(URL_OF_NET, options)
    change()
    await expect(source.slice(1000, 1010)).rejects.toThrow(/changed while it was read/)
  })
})
