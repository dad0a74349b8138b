import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesPerElement, decode, decodeTensor } from '../../src/tensor/dtype.ts'
import type { DType } from '../../src/tensor/tensor.ts'

/** The value of a small float by the textbook formula, NaN and ∞ left to the caller. */
function formulaValue(pattern: number, exponent: number, mantissa: number, bias: number): number {
  const sign = pattern >> (exponent + mantissa) ? -1 : 1
  const e = (pattern >> mantissa) & ((1 << exponent) - 1)
  const m = pattern & ((1 << mantissa) - 1)
  return e === 0 ? sign * m * 2 ** (1 - bias - mantissa) : sign * (1 + m / 2 ** mantissa) * 2 ** (e - bias)
}

function decoded(dtype: DType, patterns: readonly number[]): number[] {
  const bytes =
    bytesPerElement(dtype) === 2 ? new Uint8Array(Uint16Array.from(patterns).buffer) : Uint8Array.from(patterns)
  return Array.from(decode(bytes, dtype) as Float32Array)
}

describe('narrow floats are widened exactly', () => {
  const finite: [DType, number, number, number, number, number][] = [
    ['float16', 5, 10, 15, 0x7c00, 0x8000],
    ['bfloat16', 8, 7, 127, 0x7f80, 0x8000],
    ['float8e4m3', 4, 3, 7, 0x7f, 0x80],
    ['float8e5m2', 5, 2, 15, 0x7c, 0x80],
    ['float8e4m3fnuz', 4, 3, 8, 0x80, 0x81],
    ['float8e5m2fnuz', 5, 2, 16, 0x80, 0x81],
  ]
  test.each(finite)('%s, every finite pattern', (dtype, exponent, mantissa, bias, firstSpecial, firstNegative) => {
    const positive = Array.from({ length: firstSpecial }, (_, pattern) => pattern)
    const negative = positive
      .map(pattern => pattern + firstNegative)
      .filter(pattern => pattern < 2 ** (1 + exponent + mantissa))
    for (const patterns of [positive, negative])
      expect(decoded(dtype, patterns)).toEqual(patterns.map(pattern => formulaValue(pattern, exponent, mantissa, bias)))
  })
  test('infinities and NaN', () => {
    expect(decoded('float16', [0x7c00, 0xfc00, 0x7c01])).toEqual([Infinity, -Infinity, NaN])
    expect(decoded('bfloat16', [0x7f80, 0xff80, 0x7fc0])).toEqual([Infinity, -Infinity, NaN])
    expect(decoded('float8e5m2', [0x7c, 0xfc, 0x7d])).toEqual([Infinity, -Infinity, NaN])
    expect(decoded('float8e4m3', [0x7e, 0x7f, 0xff])).toEqual([448, NaN, NaN])
    expect(decoded('float8e4m3fnuz', [0x7f, 0x80])).toEqual([240, NaN])
    expect(decoded('float8e8m0', [127, 0, 254, 255])).toEqual([1, 2 ** -127, 2 ** 127, NaN])
  })
})

test('wide types read little-endian values from any offset', () => {
  fc.assert(
    fc.property(fc.float64Array({ maxLength: 20 }), fc.integer({ min: 0, max: 9 }), (values, offset) => {
      const bytes = new Uint8Array(offset + values.byteLength)
      bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset)
      expect(decode(bytes.subarray(offset), 'float64')).toEqual(values)
    }),
  )
})

test('booleans become 0 and 1, 64-bit integers stay whole', () => {
  expect(Array.from(decode(Uint8Array.of(0, 1, 255), 'bool') as Uint8Array)).toEqual([0, 1, 1])
  const bytes = new Uint8Array(BigInt64Array.of(-(2n ** 63n), 2n ** 60n + 1n).buffer)
  expect(decode(bytes, 'int64')).toEqual(BigInt64Array.of(-(2n ** 63n), 2n ** 60n + 1n))
})

test('a tensor with too few bytes is refused by name', () => {
  expect(() => decodeTensor(new Uint8Array(7), 'float32', [2], 'tensor "w"')).toThrow(
    /tensor "w".*takes 8 bytes.*are 7/,
  )
})
