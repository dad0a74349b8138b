import { describe, expect, it } from 'vitest'
import { FormatError, UnsupportedError } from '../../src/errors.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { readNpz } from '../../src/formats/npz.ts'
import { openNetwork } from '../../src/formats/open.ts'
import type { ByteSource } from '../../src/formats/source.ts'
import { writeNpy } from '../../src/tensor/npy.ts'
import { writeNpz } from '../../src/tensor/npz.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { bytesOf, patched, renamed, SAVEZ_COMPRESSED, SAVEZ_ZIP64 } from './zip-bytes.ts'

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50

const counted = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i),
    shape,
  )
const npzSource = (arrays: Record<string, Tensor>) => memorySource(writeNpz(arrays), { name: 'net.npz' })
const shapesOf = async (source: ByteSource) => (await readNpz(source)).map(({ name, shape }) => [name, shape])

/** Counts the bytes read from a source. */
function metered(source: ByteSource): ByteSource & { read: number } {
  const meter = {
    ...source,
    read: 0,
    slice(start: number, end: number) {
      meter.read += end - start
      return source.slice(start, end)
    },
  }
  return meter
}

describe('an .npz file', () => {
  it('by numpy.savez_compressed is read to the value', async () => {
    const arrays = await readNpz(memorySource(bytesOf(SAVEZ_COMPRESSED)))
    expect(arrays.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ['W1', 'float32', [3, 2]],
      ['b1', 'float32', [2]],
      ['W2', 'float64', [2, 4]],
    ])
    const values = await Promise.all(arrays.map(async array => [...(await array.read()).data]))
    expect(values).toEqual([[0, 1, 2, 3, 4, 5], [1, 2], new Array(8).fill(1)])
  })

  it('with the records of zip64 is read to the value', async () => {
    const [array] = await readNpz(memorySource(bytesOf(SAVEZ_ZIP64)))
    expect(await array.read()).toEqual(counted(3, 2))
  })

  it('is opened by reading headers alone, and an array by reading that array', async () => {
    const source = metered(npzSource({ small: counted(2, 2), large: counted(500, 500) }))
    const [small, large] = await readNpz(source)
    // The end of the file is searched for the directory; nothing of the 1 MB of values is read besides.
    expect(source.read).toBeLessThan(70_000)
    const opened = source.read
    await small.read()
    expect(source.read - opened).toBeLessThan(500)
    expect(await large.read()).toEqual(counted(500, 500))
  })

  it('leaves out members that are no arrays', async () => {
    const bytes = renamed(writeNpz({ a: counted(2, 3), b: counted(3, 2) }), 'a.npy', 'a.txt')
    expect(await shapesOf(memorySource(bytes))).toEqual([['b', [3, 2]]])
    const none = memorySource(renamed(bytes, 'b.npy', 'b.txt'))
    await expect(readNpz(none)).rejects.toThrow(UnsupportedError)
  })
})

describe('a network in an .npz file', () => {
  const chainOf = async (arrays: Record<string, Tensor>, orientation?: 'out-in' | 'in-out') => {
    const network = await openNetwork(npzSource(arrays), { orientation })
    return network.operators.map(({ inputs, attributes }) => [inputs.slice(1).join(' '), attributes.transB ?? 0])
  }

  it('of matrices and biases is a chain, read the way the sizes allow', async () => {
    expect(
      await chainOf({ W1: counted(5, 3), b1: counted(3), W2: counted(3, 3), b2: counted(1, 3), W3: counted(3, 2) }),
    ).toEqual([
      ['W1 b1', 0],
      ['W2 b2', 0],
      ['W3', 0],
    ])
  })

  it('without names pairs each matrix with the vector after it, and counts past nine', async () => {
    const arrays: Record<string, Tensor> = {}
    for (let i = 0; i < 6; i++)
      Object.assign(arrays, { [`arr_${2 * i}`]: counted(9 - i, 10 - i), [`arr_${2 * i + 1}`]: counted(9 - i) })
    const chain = await chainOf(arrays)
    expect(chain[5]).toEqual(['arr_10 arr_11', 1])
    expect(chain.every(([, transB]) => transB === 1)).toBe(true)
  })

  it('of square matrices is not guessed: the error names one, shows the layers.json and the option', async () => {
    const square = { W1: counted(4, 4), b1: counted(4), W2: counted(4, 4) }
    await expect(chainOf(square)).rejects.toThrow(UnsupportedError)
    await expect(chainOf(square)).rejects.toThrow(/"W1" \[4,4\].*--orientation.*"weight":"W2","orientation":"out-in"/s)
    expect(await chainOf(square, 'in-out')).toEqual([
      ['W1 b1', 0],
      ['W2', 0],
    ])
    expect((await chainOf(square, 'out-in'))[0][1]).toBe(1)
  })

  it('can be one matrix in an .npy file, with the orientation given', async () => {
    const source = memorySource(writeNpy(counted(3, 7)), { name: 'layer.npy' })
    await expect(openNetwork(source)).rejects.toThrow(/--orientation/)
    const network = await openNetwork(source, { orientation: 'in-out' })
    expect(network.inputs[0].shape).toEqual([null, 3])
    expect(network.operators[0].name).toBe('dense1')
    expect(await network.weights.get('layer')!.read()).toEqual(counted(3, 7))
  })
})

describe('a hostile .npz file', () => {
  const two = () => writeNpz({ a: counted(2, 3), b: counted(3, 2) })

  it.each([
    ['members that overlap', patched(two(), CENTRAL, 42, 4, 0)],
    ['a member beyond the end', patched(two(), CENTRAL, 20, 4, 1_000_000)],
    ['a member that cannot unpack to its size', patched(bytesOf(SAVEZ_COMPRESSED), CENTRAL, 24, 4, 0xfffffff0)],
    ['a size that is not the array’s', patched(bytesOf(SAVEZ_COMPRESSED), CENTRAL, 24, 4, 160)],
    ['a stored member of two sizes', patched(two(), CENTRAL, 24, 4, 100)],
    ['no member where one should be', patched(two(), LOCAL, 0, 4, 0)],
  ])('with %s is refused on opening', async (_, bytes) => {
    await expect(readNpz(memorySource(bytes))).rejects.toThrow(FormatError)
  })

  it('with two members of one name is refused', async () => {
    const bytes = renamed(two(), 'b.npy', 'a.npy')
    await expect(readNpz(memorySource(bytes))).rejects.toThrow(/two members are called "a.npy"/)
  })

  it('with an encrypted member, or another compression, is unsupported', async () => {
    await expect(readNpz(memorySource(patched(two(), CENTRAL, 8, 2, 1)))).rejects.toThrow(/encrypted/)
    await expect(readNpz(memorySource(patched(two(), CENTRAL, 10, 2, 12)))).rejects.toThrow(/method 12/)
  })

  it('with a flipped bit in its values is refused when they are read', async () => {
    const bytes = writeNpz({ a: counted(2, 3) })
    bytes[30 + 'a.npy'.length + 128 + 3] ^= 1
    const [array] = await readNpz(memorySource(bytes))
    await expect(array.read()).rejects.toThrow(/checksum of member "a.npy"/)
  })

  it('that is cut off anywhere is refused', async () => {
    const bytes = two()
    for (let length = 1; length < bytes.length; length += 3)
      await expect(readNpz(memorySource(bytes.slice(0, length)))).rejects.toThrow(FormatError)
  })
})
