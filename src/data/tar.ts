/** Files in a tar archive (POSIX ustar): headers of 512 bytes, each followed by the content, padded to 512. */
import { FormatError } from '../errors.ts'

const BLOCK = 512

/** The plain files by their path; contents share memory with the archive. */
export function readTar(bytes: Uint8Array<ArrayBuffer>, name: string): Map<string, Uint8Array<ArrayBuffer>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  const text = new TextDecoder()
  const field = (start: number, end: number) => text.decode(bytes.subarray(start, end)).split('\0')[0].trim()
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const size = Number.parseInt(field(at + 124, at + 136), 8)
    const end = at + BLOCK + size
    if (!(size >= 0) || end > bytes.length)
      throw new FormatError(
        'format.tar',
        `${name} is a damaged tar archive: the file at byte ${at} is cut off. Get it again.`,
      )
    const type = bytes[at + 156]
    if (type === 0 || type === 0x30) files.set(field(at, at + 100), bytes.subarray(at + BLOCK, end))
    at = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}
