/** The reference runtime computes in float64 whatever it is fed, and keeps integers whole. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UnsupportedError } from '../../src/errors.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { exactly, floats, int64, networkOf, type OperatorCase } from './cases/operator-case.ts'

async function run(one: Omit<OperatorCase, 'name'>, feeds: Readonly<Record<string, Tensor>> = {}): Promise<Tensor[]> {
  const built = networkOf({ name: '', ...one }, 'float32')
  const session = await referenceRuntime().load(built.network)
  return Object.values(await session.run({ ...built.feeds, ...feeds }))
}

const numbers = ({ data }: Tensor) => Array.from(data as Float64Array)

describe('the reference runtime', () => {
  it('returns float64 that float32 could not hold', async () => {
    const [sum] = await run({ type: 'Add', inputs: [exactly([1]), exactly([2 ** -40])] })
    expect(sum).toEqual(tensor(Float64Array.of(1 + 2 ** -40), [1]))
  })

  it('takes floats of any type for an input that is declared otherwise', async () => {
    const double = tensor(Float64Array.of(0.1), [1])
    const half = tensor(Float32Array.of(0.5), [1], 'float16')
    const [sum] = await run({ type: 'Add', inputs: [exactly([1]), exactly([2])] }, { in0: double, in1: half })
    expect(numbers(sum)).toEqual([0.6])
  })

  it('keeps integers exact to 2⁵³', async () => {
    const large = 2n ** 53n - 1n
    const [result] = await run({ type: 'Mul', inputs: [tensor(BigInt64Array.of(large), [1]), int64([-1])] })
    expect(result).toEqual(tensor(BigInt64Array.of(-large), [1]))
  })

  it('refuses to draw random numbers', async () => {
    const training = tensor(Uint8Array.of(1), [], 'bool')
    const attempt = run({ type: 'Dropout', inputs: [floats([3]), exactly([0.5], []), training] })
    await expect(attempt).rejects.toThrow(/feed a mask/)
  })

  it('refuses operators within subgraphs at loading', async () => {
    const body = networkOf({ type: 'Wobble', name: '', inputs: [floats([2])] }, 'float32').network
    const { network } = networkOf(
      { type: 'Scan', name: '', inputs: [floats([3, 2])], attributes: { body, num_scan_inputs: 1 } },
      'float32',
    )
    await expect(referenceRuntime().load(network)).rejects.toBeInstanceOf(UnsupportedError)
  })

  it('has an error function good to fourteen digits', async () => {
    // Values of erf from tables.
    const known = [0.1124629160182849, 0.5204998778130465, 0.8427007929497149, 0.9953222650189527]
    const [result] = await run({ type: 'Erf', inputs: [tensor(Float64Array.of(0.1, 0.5, 1, 2), [4])] })
    for (const [i, value] of numbers(result).entries()) expect(Math.abs(value - known[i])).toBeLessThan(1e-14)
  })

  it('has convolutions that are each other’s adjoint: ⟨conv x, y⟩ = ⟨x, convᵀ y⟩', async () => {
    const size = fc.integer({ min: 1, max: 3 })
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        size,
        size,
        size,
        fc.constantFrom(1, 2),
        async (kernel, stride, dilation, pad, channels, group) => {
          const x = floats([2, channels * group, 9])
          const w = floats([2 * group, channels, kernel])
          const attributes = { strides: [stride], dilations: [dilation], pads: [pad, 1], group }
          const [forward] = await run({ type: 'Conv', inputs: [x, w], attributes })
          const y = floats(forward.shape)
          const extent = dilation * (kernel - 1) + 1
          const covered = stride * (forward.shape[2] - 1) + extent - pad - 1
          const [backward] = await run({
            type: 'ConvTranspose',
            inputs: [y, w],
            attributes: { ...attributes, output_padding: [9 - covered] },
          })
          const dot = (a: Tensor, b: Tensor) => numbers(a).reduce((sum, value, i) => sum + value * Number(b.data[i]), 0)
          expect(backward.shape).toEqual(x.shape)
          expect(dot(forward, y)).toBeCloseTo(dot(backward, x), 9)
        },
      ),
      { numRuns: 60, seed: 5 },
    )
  })

  it('unpools what it pooled: every largest element back in its place', async () => {
    const x = floats([2, 3, 6, 4], 1, 2)
    const attributes = { kernel_shape: [2, 2], strides: [2, 2] }
    const [pooled, indices] = await run({ type: 'MaxPool', inputs: [x], attributes, outputs: 2 })
    const [back] = await run({ type: 'MaxUnpool', inputs: [pooled, indices], attributes })
    expect(back.shape).toEqual(x.shape)
    const kept = numbers(back).filter((value, i) => value === Number(x.data[i]))
    expect(kept).toHaveLength(pooled.data.length)
    expect(numbers(back).filter(value => value !== 0)).toHaveLength(pooled.data.length)
  })
})
