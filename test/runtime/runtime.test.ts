/** What every runtime promises: results by name, feeds left alone, and errors that say which input is wrong. */
import { describe, expect, it } from 'vitest'
import { UnsupportedError, UsageError } from '../../src/errors.ts'
import { mlp } from '../../src/network/architectures.ts'
import type { Network } from '../../src/network/network.ts'
import { chooseRuntime } from '../../src/runtime/choose.ts'
import type { Session } from '../../src/runtime/runtime.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { isNode, RUNTIMES } from './available.ts'
import { exactly, floats, int64, networkAround, networkOf } from './cases/operator-case.ts'

/** sum = a + b, difference = a − b, for any number of rows of three. */
const PAIR: Network = networkAround(
  [
    { name: 'plus', type: 'Add', domain: '', inputs: ['a', 'b'], outputs: ['sum'], attributes: {} },
    { name: 'minus', type: 'Sub', domain: '', inputs: ['a', 'b'], outputs: ['difference'], attributes: {} },
  ],
  [
    { name: 'a', dtype: 'float32', shape: [null, 3] },
    { name: 'b', dtype: 'float32', shape: [null, 3] },
  ],
  [
    { name: 'sum', dtype: 'float32' },
    { name: 'difference', dtype: 'float32' },
  ],
)
const A = exactly([1, 2, 3], [1, 3])
const B = exactly([10, 20, 30], [1, 3])

describe.each(RUNTIMES)('%s', name => {
  async function load(network: Network): Promise<Session> {
    return (await chooseRuntime({ prefer: name })).load(network)
  }

  it('says what it is', async () => {
    const runtime = await chooseRuntime({ prefer: name })
    const session = await runtime.load(PAIR)
    expect(session.runtime).toEqual({ name, version: runtime.version, threads: 1 })
    expect(runtime.version).toMatch(/^\d+\.\d+\.\d+/)
    await session.release()
  })

  it('returns all outputs by name, or those asked for, as float32', async () => {
    const session = await load(PAIR)
    expect(await session.run({ a: A, b: B })).toEqual({
      sum: exactly([11, 22, 33], [1, 3]),
      difference: exactly([-9, -18, -27], [1, 3]),
    })
    expect(Object.keys(await session.run({ a: A, b: B }, ['difference']))).toEqual(['difference'])
  })

  it('takes any size where the network leaves it open', async () => {
    const session = await load(PAIR)
    const { sum } = await session.run({ a: floats([5, 3]), b: floats([5, 3]) })
    expect(sum.shape).toEqual([5, 3])
  })

  it('leaves feeds alone and hands out results that stay', async () => {
    const session = await load(PAIR)
    const a = exactly([1, 2, 3], [1, 3])
    const first = await session.run({ a, b: B })
    ;(first.sum.data as Float32Array).fill(0)
    const second = await session.run({ a, b: B })
    await session.run({ a: B, b: B })
    expect(Array.from(second.sum.data as Float32Array)).toEqual([11, 22, 33])
    expect(Array.from(a.data as Float32Array)).toEqual([1, 2, 3])
  })

  it.each([
    ['a missing feed', { a: A }, /"b" is not fed.*float32 \[any, 3\]/],
    ['a wrong size', { a: A, b: floats([1, 4]) }, /"b" takes float32 \[any, 3\], not \[1,4\]/],
    ['a wrong rank', { a: floats([3]), b: B }, /"a" takes float32 \[any, 3\], not \[3\]/],
    ['a wrong type', { a: A, b: int64([1, 2, 3], [1, 3]) }, /"b" takes float32, not int64/],
    ['an unknown input', { a: A, b: B, c: B }, /no input "c"; its inputs are: a, b/],
  ])('names the input of %s', async (_, feeds, message) => {
    const session = await load(PAIR)
    const error = await session.run(feeds as never).catch(caught => caught)
    expect(error).toBeInstanceOf(UsageError)
    expect(error.code).toBe('usage.feed')
    expect(error.message).toMatch(message)
  })

  it('names an unknown output', async () => {
    const session = await load(PAIR)
    await expect(session.run({ a: A, b: B }, ['product'])).rejects.toThrow(/no output "product".*sum, difference/)
  })

  it('refuses an operator it does not have, naming type and place', async () => {
    const { network } = networkOf({ type: 'Wobble', name: '', inputs: [A] }, 'float32')
    const error = await load(network).catch(caught => caught)
    expect(error).toBeInstanceOf(UnsupportedError)
    expect(error.code).toBe('unsupported.operator')
    expect(error.message).toMatch(/Wobble.*"node"/)
  })

  it('names the operator that cannot work on what it gets', async () => {
    const network = networkOf({ type: 'Gather', name: '', inputs: [A, int64([7])] }, 'float32')
    const session = await load(network.network)
    const error = await session.run(network.feeds).catch(caught => caught)
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toMatch(/Gather[\s\S]*7/)
    expect(error.message).toContain('node')
  })

  it('refuses shapes that never fit', async () => {
    const { network, feeds } = networkOf({ type: 'MatMul', name: '', inputs: [A, B] }, 'float32')
    const attempt = load(network).then(session => session.run(feeds))
    await expect(attempt).rejects.toBeInstanceOf(UsageError)
  })

  it('runs an architecture of the library', async () => {
    const { network } = mlp([6, 5, 3], { seed: 4 })
    const x = floats([7, 6])
    const session = await load(network)
    const { output } = await session.run({ input: x })
    const exact = await (await chooseRuntime({ prefer: 'reference' })).load(network)
    const expected = (await exact.run({ input: x })).output
    expect(output.shape).toEqual([7, 3])
    for (const [i, value] of (output.data as Float32Array).entries())
      expect(value).toBeCloseTo(Number(expected.data[i]), 5)
  })
})

describe.each(RUNTIMES.filter(name => name !== 'reference'))('%s', name => {
  it('refuses half precision at its doors', async () => {
    const half = tensor(Float32Array.of(1), [1], 'float16')
    const { network } = networkOf({ type: 'Identity', name: '', inputs: [half] }, 'float32', ['float16'])
    const attempt = (await chooseRuntime({ prefer: name })).load(network)
    await expect(attempt).rejects.toThrow(/"in0" is float16/)
  })
})

describe('chooseRuntime', () => {
  it('takes the fastest there is', async () => {
    expect((await chooseRuntime()).name).toBe(isNode ? 'onnxruntime-node' : 'onnxruntime-web')
  })

  it('loads each once', async () => {
    expect(await chooseRuntime({ prefer: 'reference' })).toBe(await chooseRuntime({ prefer: 'reference' }))
  })

  it('refuses a name it does not know', async () => {
    await expect(chooseRuntime({ prefer: 'tensorflow' as never })).rejects.toThrow(/no runtime "tensorflow"/)
  })

  if (!isNode)
    it('says where a runtime cannot be had', async () => {
      await expect(chooseRuntime({ prefer: 'onnxruntime-node' })).rejects.toBeInstanceOf(UnsupportedError)
    })
})
