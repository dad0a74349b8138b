/** The bytes of a pickle, read one after another; no length in them is believed before it is seen to fit. */
import { FormatError } from '../../errors.ts'

/** Python's integers have no end; no number in a checkpoint is longer than this, in bytes. */
const LONGEST_INTEGER = 64
/** Modules and names of globals. */
const LONGEST_LINE = 1000

export interface PickleCursor {
  /** Bytes read so far. */
  position(): number
  /** The next `length` bytes, not copied. */
  take(length: number): Uint8Array
  byte(): number
  /** Little-endian, as all numbers here but floats. */
  unsigned(size: 2 | 4 | 8): number
  /** Big-endian. */
  float(): number
  /** Two's complement of any length; a number where that is exact. */
  long(length: number): number | bigint
  text(length: number): string
  /** Up to the end of the line, which is passed over. */
  line(): string
}

const utf8 = new TextDecoder('utf-8')

/** Reads `bytes` from `start` on; `name` is the file's, for messages. */
export function pickleCursor(bytes: Uint8Array, start: number, name: string): PickleCursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = start
  const damaged = (problem: string) => new FormatError('format.pickle', `${name}: the pickle has ${problem}.`)

  /** Moves on by `length` and returns where it was. */
  function pass(length: number): number {
    if (at + length > bytes.length)
      throw new FormatError('format.pickle-cut', `${name}: the pickle is cut off; the file is truncated or damaged.`)
    at += length
    return at - length
  }
  const take = (length: number) => bytes.subarray(pass(length), at)
  const text = (length: number) => utf8.decode(take(length))

  return {
    position: () => at,
    take,
    text,
    byte: () => bytes[pass(1)],
    unsigned(size) {
      const from = pass(size)
      if (size === 2) return view.getUint16(from, true)
      return view.getUint32(from, true) + (size === 8 ? view.getUint32(from + 4, true) * 2 ** 32 : 0)
    },
    float: () => view.getFloat64(pass(8), false),
    long(length) {
      if (length > LONGEST_INTEGER) throw damaged(`an integer of ${length} bytes`)
      let value = 0n
      for (const byte of take(length).toReversed()) value = (value << 8n) | BigInt(byte)
      value = BigInt.asIntN(8 * length, value)
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    },
    line() {
      const length = bytes.subarray(at, at + LONGEST_LINE).indexOf(10)
      if (length < 0 && at + LONGEST_LINE <= bytes.length) throw damaged(`a line of more than ${LONGEST_LINE} bytes`)
      const line = text(length < 0 ? LONGEST_LINE : length)
      pass(1)
      return line
    },
  }
}
