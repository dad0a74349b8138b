/** The reference runtime and ONNX Runtime agree on every operator: the native one in Node, WebAssembly everywhere. */
import { describe, expect, it } from 'vitest'
import { chooseRuntime } from '../../src/runtime/choose.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'

import type { Tensor } from '../../src/tensor/tensor.ts'
import { isNode, ORT_RUNTIMES } from './available.ts'
import { BROADCAST_CASES, ELEMENTWISE_CASES } from './cases/elementwise.ts'
import { difference, networkOf, type OperatorCase } from './cases/operator-case.ts'
import { CONVOLUTION_CASES, POOLING_CASES, PRODUCT_CASES } from './cases/products.ts'
import {
  CONSTANT_CASES,
  INDEXING_CASES,
  LAYOUT_CASES,
  NORMALIZATION_CASES,
  REDUCTION_CASES,
} from './cases/structure.ts'

const CASES = [
  ...[ELEMENTWISE_CASES, BROADCAST_CASES, PRODUCT_CASES, CONVOLUTION_CASES, POOLING_CASES],
  ...[NORMALIZATION_CASES, REDUCTION_CASES, LAYOUT_CASES, INDEXING_CASES, CONSTANT_CASES],
].flat()

const TOLERANCE = { float32: 2e-5, float64: 1e-12 }

describe.each(ORT_RUNTIMES)('%s', name => {
  it.each(CASES.map(one => [`${one.type}: ${one.name}`, one] as const))('%s', async (_, one) => {
    const runtime = await chooseRuntime({ prefer: name })
    const floats = one.float64 === false || !isNode ? (['float32'] as const) : (['float32', 'float64'] as const)
    for (const float of floats) {
      const expected = await onReference(one, float)
      const { network, feeds } = networkOf(
        one,
        float,
        expected.map(({ dtype }) => dtype),
      )
      const session = await runtime.load(network)
      const actual = Object.values(await session.run(feeds))
      await session.release()
      expect(actual).toHaveLength(one.outputs ?? 1)
      // The reference computes in float64: it stands for the truth.
      for (const [at, result] of actual.entries())
        expect(difference(result, expected[at], TOLERANCE[float]), `output ${at} in ${float}`).toBeUndefined()
    }
  })
})

async function onReference(one: OperatorCase, float: 'float32' | 'float64'): Promise<Tensor[]> {
  const { network, feeds } = networkOf(one, float)
  const session = await referenceRuntime({ floats: float }).load(network)
  return Object.values(await session.run(feeds))
}
