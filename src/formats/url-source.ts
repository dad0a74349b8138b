/** A byte source over HTTP range requests. A server that ignores them is read once, as a whole. */
import { FormatError, ResourceError, UsageError } from '../errors.ts'
import { memorySource } from './memory-source.ts'
import { type ByteSource, checkRange, siblingParts } from './source.ts'

export interface UrlSourceOptions {
  readonly signal?: AbortSignal
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch
}

/** Opens an `http:`, `https:`, `blob:` or `data:` URL. */
export async function urlSource(url: string | URL, options: UrlSourceOptions = {}): Promise<ByteSource> {
  const source = await openUrl(new URL(url), options)
  if (!source) throw new UsageError('usage.url', `There is no file at ${url}.`)
  return source
}

/** Bytes fetched with the first request: enough to tell every format apart. */
const HEAD_BYTES = 512

async function openUrl(url: URL, options: UrlSourceOptions): Promise<ByteSource | undefined> {
  const name = decodeURIComponent(url.pathname.split('/').pop() ?? '') || url.host
  const sibling: ByteSource['sibling'] = async path => {
    const address = new URL(siblingParts(name, path).map(encodeURIComponent).join('/'), url)
    address.search = url.search
    return openUrl(address, options)
  }
  const first = await request(url, { headers: { range: `bytes=0-${HEAD_BYTES - 1}` } }, options)
  if (first.status === 404 || first.status === 410) return undefined
  // An empty file has no first byte to range over.
  if (first.status === 416) return { ...memorySource(new Uint8Array(0), { name }), sibling }
  if (first.status !== 206) return { ...memorySource(await checked(first, url).blob(), { name }), sibling }

  const head = new Uint8Array(await first.arrayBuffer())
  const etag = first.headers.get('etag')
  const source: ByteSource = {
    name,
    byteLength: await totalLength(first, url, options),
    sibling,
    async slice(start, end) {
      checkRange(source, start, end)
      if (end <= head.length) return head.slice(start, end)
      const response = await request(url, { headers: { range: `bytes=${start}-${end - 1}` } }, options)
      const bytes = new Uint8Array(await checked(response, url).arrayBuffer())
      if (response.status !== 206 || bytes.length !== end - start || response.headers.get('etag') !== etag)
        throw new FormatError(
          'format.changed',
          `${url}: asked for bytes ${start} to ${end}, got ${bytes.length} with status ${response.status}; the file changed while it was read, try again.`,
        )
      return bytes
    },
  }
  return source
}

/** The file's length: from `Content-Range`, or by a HEAD request where the server hides that header from other origins. */
async function totalLength(first: Response, url: URL, options: UrlSourceOptions): Promise<number> {
  const inRange = /\/(\d+)$/.exec(first.headers.get('content-range') ?? '')?.[1]
  const text = inRange ?? (await request(url, { method: 'HEAD' }, options)).headers.get('content-length')
  if (text == null)
    throw new UsageError('usage.url', `${url}: the server does not say how long the file is; download it first.`)
  return Number(text)
}

async function request(url: URL, init: RequestInit, options: UrlSourceOptions): Promise<Response> {
  try {
    return await (options.fetch ?? fetch)(url, { ...init, signal: options.signal })
  } catch (error) {
    throw new ResourceError('resource.network', `${url} cannot be reached: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}

function checked(response: Response, url: URL): Response {
  if (response.ok) return response
  throw new UsageError('usage.url', `${url}: the server answered ${response.status} ${response.statusText}.`)
}
