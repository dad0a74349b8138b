/** Gradients in float32 on ONNX Runtime against the same graphs in float64 on the reference runtime. */
import { describe, expect, it } from 'vitest'
import { ortNodeRuntime } from '../../src/runtime/ort-node.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'
import { FAMILIES } from './cases.ts'
import { gap, gradientsOf, pose } from './gradient-case.ts'

const runtime = await ortNodeRuntime().catch(() => undefined)

describe.skipIf(!runtime).each(FAMILIES)('%s', (_family, cases) => {
  it.each(cases.map(test => [test.name, test] as const))('%s', async (_name, test) => {
    const single = await pose(test, 'float32')
    const double = await pose(test, 'float64')
    const found = await gradientsOf(runtime!, single)
    const expected = await gradientsOf(referenceRuntime(), double)
    for (const name of single.wrt) {
      expect(found[name].shape, name).toEqual(expected[name].shape)
      expect(gap(found[name].data as Float32Array, expected[name].data as Float64Array), name).toBeLessThan(1e-4)
    }
  })
})
