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
