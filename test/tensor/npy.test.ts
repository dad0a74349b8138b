import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError, LobesError, UnsupportedError, UsageError } from '../../src/errors.ts'
import { readNpy, writeNpy } from '../../src/tensor/npy.ts'
import { permute } from '../../src/tensor/permute.ts'
import { elementCount, type Tensor, tensor } from '../../src/tensor/tensor.ts'

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), char => char.charCodeAt(0))
const SPACES = (count: number) => 'ICAg'.repeat(count)

/** Written by NumPy 2.4.6; the runs of blanks that pad the headers are spelled out by SPACES. */
const NUMPY = {
  bigEndian: `k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9${SPACES(19)}IAo/gAAAwAAAAEBAAABAgAAAQLAAAMDAAAA=`,
  fortran: `k05VTVBZAQB2AHsnZGVzY3InOiAnPGkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgMiksIH0g${SPACES(18)}IAoAAAYAAgAIAAQACgABAAcAAwAJAAUACwA=`,
  half: `k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9${SPACES(19)}IAoAPADAAEIARIBFAMY=`,
  bool: `k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAg${SPACES(19)}IAoBAA==`,
  scalar: `k05VTVBZAQB2AHsnZGVzY3InOiAnPmk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAg${SPACES(19)}IAoAAAAAAAAABw==`,
  version2: `k05VTVBZAgB0AAAAeydkZXNjcic6ICd8dTEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9${SPACES(19)}IAoBAg==`,
  version3: `k05VTVBZAwB0AAAAeydkZXNjcic6ICd8dTEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9${SPACES(19)}IAoBAg==`,
}

/** A version 1 file with the header text given and `size` bytes of zeros. */
function npyOf(text: string, size = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(10 + text.length + size)
  bytes.set(Uint8Array.from(`\x93NUMPY\x01\x00  ${text}`, char => char.charCodeAt(0)))
  new DataView(bytes.buffer).setUint16(8, text.length, true)
  return bytes
}

describe('an .npy file by NumPy', () => {
  it.each([
    ['bigEndian', 'float32', [2, 3], [1, -2, 3, 4, 5.5, -6]],
    ['fortran', 'int16', [2, 3, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
    ['half', 'float16', [2, 3], [1, -2, 3, 4, 5.5, -6]],
    ['bool', 'bool', [2], [1, 0]],
    ['scalar', 'int64', [], [7n]],
    ['version2', 'uint8', [2], [1, 2]],
    ['version3', 'uint8', [2], [1, 2]],
  ] as const)('%s is read to the value', (name, dtype, shape, values) => {
    const { data, ...rest } = readNpy(bytesOf(NUMPY[name]))
    expect(rest).toEqual({ dtype, shape })
    expect([...data]).toEqual(values)
  })

  it('is not changed by reading it', () => {
    const bytes = bytesOf(NUMPY.bigEndian)
    readNpy(bytes)
    expect(bytes).toEqual(bytesOf(NUMPY.bigEndian))
  })
})

const ARRAYS = [
  Float64Array,
  Float32Array,
  Int32Array,
  Int16Array,
  Int8Array,
  Uint32Array,
  Uint16Array,
  Uint8Array,
  BigInt64Array,
  BigUint64Array,
]

const tensors: fc.Arbitrary<Tensor> = fc
  .record({
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
    type: fc.constantFrom(...ARRAYS),
    bytes: fc.uint8Array({ minLength: 256 * 8, maxLength: 256 * 8 }),
  })
  .map(({ shape, type, bytes }) => tensor(new type(bytes.buffer.slice(0), 0, elementCount(shape)), shape))

describe('writeNpy', () => {
  it('gives back every array, to the bit', () => {
    fc.assert(
      fc.property(tensors, original => {
        const bytes = writeNpy(original)
        const copy = readNpy(bytes)
        expect([copy.dtype, copy.shape]).toEqual([original.dtype, original.shape])
        expect(writeNpy(copy)).toEqual(bytes)
        expect(new Uint8Array(copy.data.buffer, copy.data.byteOffset, copy.data.byteLength)).toEqual(
          new Uint8Array(original.data.buffer, 0, original.data.byteLength),
        )
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  it('writes what NumPy writes', () => {
    expect(writeNpy(tensor(new Uint8Array([1, 0]), [2], 'bool'))).toEqual(bytesOf(NUMPY.bool))
  })
})

describe('permute', () => {
  it('is undone by the inverse permutation, and moves each value to its place', () => {
    const input = tensor(
      Int32Array.from({ length: 24 }, (_, i) => i),
      [2, 3, 4],
    )
    const turned = permute(input, [2, 0, 1])
    expect(turned.shape).toEqual([4, 2, 3])
    expect(turned.data[1 * 6 + 1 * 3 + 2]).toBe(1 * 12 + 2 * 4 + 1)
    expect(permute(turned, [1, 2, 0])).toEqual(input)
    expect(() => permute(input, [0, 0, 1])).toThrow(UsageError)
  })
})

describe('a damaged or foreign .npy file', () => {
  const header = (descr: string, shape: string) => `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }\n`

  it.each([
    ['an absurd size', header("'<f4'", '(1152921504606846976, 4)'), 'format.npy-header'],
    ['a size that does not fit the bytes', header("'<f4'", '(3,)'), 'format.size'],
    ['a negative size', header("'<f4'", '(-1, 2)'), 'format.npy-header'],
    ['a size that is no tuple', header("'<f4'", '(3)'), 'format.npy-header'],
    ['a key twice', "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 'format.npy-header'],
    ['a key missing', "{'descr': '<f4', 'shape': (2,), }\n", 'format.npy-header'],
    ['code for a dictionary', "__import__('os').getcwd()\n", 'format.npy-header'],
  ])('with %s is refused with its place', (_, text, code) => {
    expect(() => readNpy(npyOf(text, 8), 'W1')).toThrow(expect.objectContaining({ code }))
    expect(() => readNpy(npyOf(text, 8), 'W1')).toThrow(FormatError)
    expect(() => readNpy(npyOf(text, 8), 'W1')).toThrow(/W1/)
  })

  it.each(["'|O'", "'<U5'", "'<c8'", "[('a', '<f4')]"])('of elements %s is unsupported, and says so', descr => {
    expect(() => readNpy(npyOf(header(descr, '(2,)'), 8))).toThrow(UnsupportedError)
  })

  it('that claims a header of gigabytes is refused without it being made', () => {
    const bytes = bytesOf(NUMPY.version2)
    new DataView(bytes.buffer).setUint32(8, 0xfffffff0, true)
    expect(() => readNpy(bytes)).toThrow(/claims an .npy header of 4294967280 bytes/)
  })

  it('is refused wherever it is cut off', () => {
    const bytes = bytesOf(NUMPY.fortran)
    for (let length = 0; length < bytes.length; length++)
      expect(() => readNpy(bytes.slice(0, length))).toThrow(LobesError)
  })
})
