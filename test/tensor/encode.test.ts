import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesPerElement, decode } from '../../src/tensor/dtype.ts'
import { encodeTensor } from '../../src/tensor/encode.ts'
import { type DType, tensor } from '../../src/tensor/tensor.ts'

const NARROW: DType[] = [
  'float16',
  'bfloat16',
  'float8e4m3',
  'float8e5m2',
  'float8e4m3fnuz',
  'float8e5m2fnuz',
  'float8e8m0',
]

function encoded(values: readonly number[], dtype: DType): Float32Array {
  return decode(encodeTensor(tensor(Float32Array.from(values), [values.length], dtype)), dtype) as Float32Array
}

test.each(NARROW)('every value of %s survives being written', dtype => {
  const count = 256 ** bytesPerElement(dtype)
  const patterns = bytesPerElement(dtype) === 2 ? new Uint16Array(count) : new Uint8Array(count)
  for (let pattern = 0; pattern < count; pattern++) patterns[pattern] = pattern
  const values = decode(new Uint8Array(patterns.buffer), dtype) as Float32Array
  expect(encoded(Array.from(values), dtype)).toEqual(values)
})

test('other values go to the nearest, ties to even, the largest beyond it', () => {
  expect(Array.from(encoded([2049, 2051, 1e-9, -65504, 65503, 1e9], 'float16'))).toEqual([
    2048, 2052, 0, -65504, 65504, 65504,
  ])
  expect(Array.from(encoded([1 + 2 ** -8, 1 + 3 * 2 ** -8], 'bfloat16'))).toEqual([1, 1 + 2 ** -6])
  expect(Array.from(encoded([1000, -1000, 17, 0.3], 'float8e4m3'))).toEqual([448, -448, 16, 0.3125])
})

test('wide types are written as they are', () => {
  fc.assert(
    fc.property(fc.float32Array(), values => {
      expect(decode(encodeTensor(tensor(values, [values.length])), 'float32')).toEqual(values)
    }),
  )
})
