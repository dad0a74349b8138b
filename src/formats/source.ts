import { FormatError } from '../errors.ts'

/** Where bytes come from: a file, a Blob, a URL with range requests, or memory. Formats read only the ranges they need. */
export interface ByteSource {
  /** File name without folders, for messages and for telling formats apart. */
  readonly name: string
  readonly byteLength: number
  /** The bytes [start, end); throws a FormatError when the range lies outside the source. */
  slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>
  /**
   * Another file in the same folder (external tensor data, shards, `layers.json`). The path is relative, with `/`
   * between its parts; absolute paths and paths that leave the folder are refused with a FormatError. Undefined where
   * there is no such file.
   */
  sibling?(path: string): Promise<ByteSource | undefined>
}

/** Throws unless [start, end) lies inside the source. Every implementation of `slice` calls it first. */
export function checkRange(source: Pick<ByteSource, 'name' | 'byteLength'>, start: number, end: number): void {
  if (
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(end) &&
    0 <= start &&
    start <= end &&
    end <= source.byteLength
  )
    return
  throw new FormatError(
    'format.truncated',
    `${source.name}: bytes ${start} to ${end} are needed, but there are only ${source.byteLength}; the file is truncated or damaged.`,
  )
}

/** Splits a relative path into its parts and refuses every path that could leave the folder. */
export function siblingParts(name: string, path: string): string[] {
  const parts = path.split('/').filter(part => part !== '.')
  const printable = !/[\p{Cc}\\]/u.test(path)
  if (printable && !/^[a-z]:/i.test(path) && parts.length > 0 && parts.every(part => part !== '' && part !== '..'))
    return parts
  throw new FormatError(
    'format.path',
    `${name} refers to the file ${JSON.stringify(path)}; only files in the same folder are read, by a relative path without "..".`,
  )
}
