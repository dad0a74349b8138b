/** A text file piece by piece, so that graphs of many gigabytes are never held as one string. */
import { FormatError } from '../../errors.ts'
import type { ByteSource } from '../../formats/source.ts'

const CHUNK = 2 ** 20

/**
 * Pieces of a UTF-8 file, in order; a byte order mark is dropped.
 * @throws FormatError for bytes that are not UTF-8.
 */
export async function* textChunks(source: ByteSource): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for (let at = 0; at < source.byteLength; at += CHUNK) {
    const end = Math.min(source.byteLength, at + CHUNK)
    const bytes = await source.slice(at, end)
    try {
      yield decoder.decode(bytes, { stream: end < source.byteLength })
    } catch (cause) {
      throw new FormatError('format.text', `${source.name} is not UTF-8 text (bytes ${at} to ${end}).`, { cause })
    }
  }
}
