/** Builds safetensors files for the tests, by hand: header length, JSON, bytes. */
export interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

export function safetensorsFile(
  tensors: Readonly<Record<string, Entry>>,
  options: { readonly padding?: number } = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  let at = 0
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] }
    at += bytes.length
  }
  const file = withHeader(`${JSON.stringify(header)}${' '.repeat(options.padding ?? 0)}`, at)
  let offset = file.length - at
  for (const { bytes } of Object.values(tensors)) {
    file.set(bytes, offset)
    offset += bytes.length
  }
  return file
}

/** A header as given, true or not, and `dataLength` zeros. */
export function withHeader(json: string, dataLength: number, length?: bigint): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(json)
  const file = new Uint8Array(8 + text.length + dataLength)
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true)
  file.set(text, 8)
  return file
}

/** Float32 tensors of the given shapes, counted through: 0, 1, 2 … */
export function float32File(shapes: Readonly<Record<string, readonly number[]>>): Uint8Array<ArrayBuffer> {
  return safetensorsFile(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => {
        const size = shape.reduce((product, side) => product * side, 1)
        const values = Float32Array.from({ length: size }, (_, i) => i)
        return [name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) }]
      }),
    ),
  )
}
