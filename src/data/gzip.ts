/** Gzip (RFC 1952) by the platform's own decompressor, which verifies checksum and length. */
import { FormatError, ResourceError } from '../errors.ts'

/** Deflate turns two bits into at most 258 bytes. */
const MOST_PER_BYTE = 1032
/** No data set read here unpacks to more. */
const LARGEST = 2 ** 31

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * The unpacked bytes. The length comes from the end of the file and is checked against what deflate can do before
 * anything is allocated.
 *
 * @throws FormatError for damaged bytes, ResourceError above 2 GiB.
 */
export async function gunzip(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.length < 18) throw damaged(name, 'it is too short')
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 4, true)
  if (length > bytes.length * MOST_PER_BYTE) throw damaged(name, `it claims to unpack to ${length} bytes`)
  if (length > LARGEST)
    throw new ResourceError(
      'resource.size',
      `${name} unpacks to ${length} bytes, more than the ${LARGEST} that are read.`,
    )
  const unpacked = new Uint8Array(length)
  let filled = 0
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  for (;;) {
    const { done, value } = await reader.read().catch(error => {
      throw damaged(name, error instanceof Error ? error.message : String(error))
    })
    if (done) break
    if (filled + value.length > length) {
      await reader.cancel()
      throw damaged(name, `it unpacks to more than the ${length} bytes its end tells of`)
    }
    unpacked.set(value, filled)
    filled += value.length
  }
  if (filled < length) throw damaged(name, `it unpacks to ${filled} bytes instead of ${length}`)
  return unpacked
}

function damaged(name: string, why: string): FormatError {
  return new FormatError('format.gzip', `${name} is a damaged gzip file: ${why}. Get it again.`)
}
