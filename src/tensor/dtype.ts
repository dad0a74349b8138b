/**
 * Element types: how many bytes each takes and how its bytes become numbers. Half, bfloat16 and the 8-bit floats are
 * widened to Float32Array, which holds every value of theirs exactly. All formats here are little-endian, as are all
 * machines a JavaScript engine runs on today.
 */
import { FormatError } from '../errors.ts'
import { type DType, elementCount, type Tensor, type TensorData } from './tensor.ts'

type View = new (buffer: ArrayBuffer, byteOffset: number, length: number) => TensorData

interface Element {
  readonly bytes: number
  /** The array type whose elements are the stored ones. */
  readonly view: View
  /** The 32 bits of the float that a stored pattern stands for, where the type is widened. */
  readonly widen?: (pattern: number) => number
}

const ELEMENTS: Readonly<Record<DType, Element>> = {
  float64: { bytes: 8, view: Float64Array },
  float32: { bytes: 4, view: Float32Array },
  float16: { bytes: 2, view: Uint16Array, widen: smallFloat({ exponent: 5, mantissa: 10, bias: 15, special: 'ieee' }) },
  bfloat16: { bytes: 2, view: Uint16Array, widen: pattern => pattern << 16 },
  float8e4m3: { bytes: 1, view: Uint8Array, widen: smallFloat({ exponent: 4, mantissa: 3, bias: 7, special: 'fn' }) },
  float8e5m2: {
    bytes: 1,
    view: Uint8Array,
    widen: smallFloat({ exponent: 5, mantissa: 2, bias: 15, special: 'ieee' }),
  },
  float8e4m3fnuz: {
    bytes: 1,
    view: Uint8Array,
    widen: smallFloat({ exponent: 4, mantissa: 3, bias: 8, special: 'fnuz' }),
  },
  float8e5m2fnuz: {
    bytes: 1,
    view: Uint8Array,
    widen: smallFloat({ exponent: 5, mantissa: 2, bias: 16, special: 'fnuz' }),
  },
  float8e8m0: { bytes: 1, view: Uint8Array, widen: powerOfTwo },
  int64: { bytes: 8, view: BigInt64Array },
  int32: { bytes: 4, view: Int32Array },
  int16: { bytes: 2, view: Int16Array },
  int8: { bytes: 1, view: Int8Array },
  uint64: { bytes: 8, view: BigUint64Array },
  uint32: { bytes: 4, view: Uint32Array },
  uint16: { bytes: 2, view: Uint16Array },
  uint8: { bytes: 1, view: Uint8Array },
  bool: { bytes: 1, view: Uint8Array },
}

/** Bytes per element as stored. */
export function bytesPerElement(dtype: DType): number {
  return ELEMENTS[dtype].bytes
}

/**
 * The values in `bytes`. Aligned input is viewed, not copied; unaligned input is copied. Any bytes left over after the
 * last whole element are the caller's to check (see {@link decodeTensor}).
 */
export function decode(bytes: Uint8Array<ArrayBuffer>, dtype: DType): TensorData {
  const { bytes: size, view, widen } = ELEMENTS[dtype]
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice()
  const stored = new view(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / size))
  if (dtype === 'bool') return Uint8Array.from(stored as Uint8Array, value => (value ? 1 : 0))
  if (!widen) return stored
  const table = wideningTable(dtype, widen, size)
  const values = new Float32Array(stored.length)
  for (let i = 0; i < values.length; i++) values[i] = table[stored[i] as number]
  return values
}

/** The tensor of a given shape in `bytes`, whose length must be right. `where` names the tensor in the error. */
export function decodeTensor(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: DType,
  shape: readonly number[],
  where: string,
): Tensor {
  const expected = elementCount(shape) * bytesPerElement(dtype)
  if (bytes.byteLength !== expected)
    throw new FormatError(
      'format.size',
      `${where}: ${dtype} of shape [${shape}] takes ${expected} bytes, but there are ${bytes.byteLength}; the file is damaged.`,
    )
  return { dtype, shape, data: decode(bytes, dtype) }
}

const tables = new Map<DType, Float32Array>()

/** Every value of a widened type, by its bit pattern. */
export function wideningTable(
  dtype: DType,
  widen = ELEMENTS[dtype].widen!,
  size = ELEMENTS[dtype].bytes,
): Float32Array {
  let table = tables.get(dtype)
  if (!table) {
    const bits = Uint32Array.from({ length: 256 ** size }, (_, pattern) => widen(pattern))
    tables.set(dtype, (table = new Float32Array(bits.buffer)))
  }
  return table
}

interface SmallFloat {
  readonly exponent: number
  readonly mantissa: number
  readonly bias: number
  /** `ieee`: the top exponent is ∞ or NaN. `fn`: only all ones is NaN. `fnuz`: only the pattern of −0 is NaN. */
  readonly special: 'ieee' | 'fn' | 'fnuz'
}

const NAN_BITS = 0x7fc00000

/** Float32 bits of a narrower float. A subnormal is normalised: each float32 exponent is in range for all types here. */
function smallFloat({ exponent, mantissa, bias, special }: SmallFloat): (pattern: number) => number {
  const signShift = exponent + mantissa
  const topExponent = (1 << exponent) - 1
  const mantissaMask = (1 << mantissa) - 1
  return pattern => {
    const sign = (pattern >>> signShift) << 31
    let e = (pattern >>> mantissa) & topExponent
    let m = pattern & mantissaMask
    if (special === 'ieee' && e === topExponent) return m ? NAN_BITS : sign | 0x7f800000
    if (special === 'fn' && e === topExponent && m === mantissaMask) return NAN_BITS
    if (e === 0 && m === 0) return special === 'fnuz' && sign ? NAN_BITS : sign
    if (e === 0) {
      for (e = 1; m <= mantissaMask; m <<= 1) e--
      m &= mantissaMask
    }
    return sign | ((e - bias + 127) << 23) | (m << (23 - mantissa))
  }
}

/** Float8e8m0: 2^(pattern − 127); all ones is NaN. */
function powerOfTwo(pattern: number): number {
  if (pattern === 255) return NAN_BITS
  return pattern === 0 ? 0x00400000 : pattern << 23
}
