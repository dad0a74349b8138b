/** Fetches a file of an image set and believes it only when its checksum is right. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { ResourceError } from '../errors.ts'
import { throwIfAborted, type WatchOptions } from '../progress.ts'
import { gunzip } from './gzip.ts'
import type { ImageSource, SourceFile } from './sources.ts'

export interface DownloadOptions extends WatchOptions {
  /** Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch
}

/** Larger answers are not read to the end: the largest file here takes 170 MB. */
const LARGEST = 2 ** 28

/**
 * The file's bytes, from the first address that serves it with the right checksum.
 *
 * @throws ResourceError that says what every address answered.
 */
export async function download(
  source: ImageSource,
  file: SourceFile,
  options: DownloadOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const answers: string[] = []
  for (const address of source.addresses) {
    throwIfAborted(options.signal)
    try {
      const bytes = await receive(address + file.name, `downloading ${source.title}, ${file.name}`, options)
      const checked = file.checksumOf === 'content' ? await gunzip(bytes, file.name) : bytes
      const sum = bytesToHex(sha256(checked))
      if (sum === file.sha256) return bytes
      answers.push(`${address}${file.name}: wrong checksum (${sum})`)
    } catch (error) {
      throwIfAborted(options.signal)
      answers.push(`${address}${file.name}: ${reason(error)}`)
    }
  }
  throw new ResourceError(
    'resource.download',
    `${file.name} of ${source.title} could not be downloaded (${answers.join('; ')}).`,
  )
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error && 'code' in error.cause ? ` (${error.cause.code})` : ''
  return error.message + cause
}

async function receive(url: string, stage: string, options: DownloadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { signal, onProgress } = options
  const response = await (options.fetch ?? fetch)(url, { signal })
  if (!response.ok || !response.body) throw new Error(`status ${response.status}`)
  const promised = Number(response.headers.get('content-length') ?? 0)
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let received = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    received += value.length
    if (received > LARGEST) {
      await reader.cancel()
      throw new Error(`more than ${LARGEST} bytes`)
    }
    onProgress?.({ stage, done: received, total: Math.max(promised, received) })
  }
  const bytes = new Uint8Array(received)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
