import { unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { readNpy } from '../../src/tensor/npy.ts'
import { writeNpz } from '../../src/tensor/npz.ts'
import { tensor } from '../../src/tensor/tensor.ts'

const arrays = {
  labels: tensor(new Int32Array([0, 1, -1]), [3]),
  'layer1/weight': tensor(new Float32Array([1, 2, 3, 4]), [2, 2]),
  empty: tensor(new Float64Array(0), [0, 5]),
}

describe('writeNpz', () => {
  it.each([false, true])('holds every array under its name, in order (compress: %s)', compress => {
    const members = unzipSync(writeNpz(arrays, { compress }))
    expect(Object.keys(members)).toEqual(['labels.npy', 'layer1/weight.npy', 'empty.npy'])
    for (const [name, array] of Object.entries(arrays))
      expect(readNpy(new Uint8Array(members[`${name}.npy`]))).toEqual(array)
  })

  it('gives the same bytes every time', () => {
    expect(writeNpz(arrays)).toEqual(writeNpz({ ...arrays }))
  })

  it('deflates only when asked to', () => {
    const zeros = { zeros: tensor(new Float32Array(1000), [1000]) }
    expect(writeNpz(zeros).length).toBeGreaterThan(4000)
    expect(writeNpz(zeros, { compress: true }).length).toBeLessThan(500)
  })

  it.each(['', '/etc/passwd', '../up'])('refuses the name %j', name => {
    expect(() => writeNpz({ [name]: arrays.labels })).toThrow(UsageError)
  })
})
