/** Scan, by which training steps are grouped: states, slices, stacked outputs, values of the enclosing graph. */
import { describe, expect, it } from 'vitest'
import type { AttributeValue, Network, Operator } from '../../src/network/network.ts'
import { chooseRuntime } from '../../src/runtime/choose.ts'
import type { DType, Tensor } from '../../src/tensor/tensor.ts'
import { RUNTIMES } from './available.ts'
import { exactly, floats, int64, networkAround } from './cases/operator-case.ts'

function operator(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
): Operator {
  return { name: outputs[0], type, domain: '', inputs, outputs, attributes }
}

const float = (name: string, shape: readonly (number | null)[]) => ({ name, dtype: 'float32' as DType, shape })

const numbers = ({ data }: Tensor) => Array.from(data as Float32Array)

/** state ← state + slice, which is also stacked. */
const RUNNING_SUM: Network = networkAround(
  [operator('Add', ['state', 'slice'], ['next']), operator('Identity', ['next'], ['seen'])],
  [float('state', [2]), float('slice', [2])],
  [float('next', [2]), float('seen', [2])],
)

function scanNetwork(attributes: Readonly<Record<string, AttributeValue>>, shape: readonly number[]): Network {
  return networkAround(
    [operator('Scan', ['start', 'x'], ['last', 'all'], { body: RUNNING_SUM, num_scan_inputs: 1, ...attributes })],
    [float('start', [2]), float('x', shape)],
    [float('last', [2]), float('all', [])],
  )
}

describe.each(RUNTIMES)('Scan on %s', name => {
  async function run(network: Network, feeds: Readonly<Record<string, Tensor>>) {
    const session = await (await chooseRuntime({ prefer: name })).load(network)
    const results = await session.run(feeds)
    await session.release()
    return results
  }

  const start = exactly([100, 200])

  it('carries the state and stacks the outputs', async () => {
    const { last, all } = await run(scanNetwork({}, [3, 2]), { start, x: exactly([1, 2, 3, 4, 5, 6], [3, 2]) })
    expect(numbers(last)).toEqual([109, 212])
    expect(all.shape).toEqual([3, 2])
    expect(numbers(all)).toEqual([101, 202, 104, 206, 109, 212])
  })

  it('reads backwards, along another axis, and stacks so', async () => {
    const attributes = {
      scan_input_directions: [1],
      scan_input_axes: [1],
      scan_output_directions: [1],
      scan_output_axes: [1],
    }
    const { last, all } = await run(scanNetwork(attributes, [2, 3]), { start, x: exactly([1, 2, 3, 4, 5, 6], [2, 3]) })
    expect(numbers(last)).toEqual([106, 215])
    expect(all.shape).toEqual([2, 3])
    // From last to first: the sums after 3, 3 + 2, 3 + 2 + 1.
    expect(numbers(all)).toEqual([106, 105, 103, 215, 211, 206])
  })

  it('reads weights and values of the enclosing graph: gradient steps on batches by index', async () => {
    // w ← w − ¼ · mean over the batch of x · (x·w − y), batches gathered from data that flow in outside the loop.
    const body = networkAround(
      [
        operator('Gather', ['doubled', 'indices'], ['x']),
        operator('Gather', ['y', 'indices'], ['target']),
        operator('MatMul', ['x', 'w'], ['guess']),
        operator('Sub', ['guess', 'target'], ['error']),
        operator('Transpose', ['x'], ['xt'], { perm: [1, 0] }),
        operator('MatMul', ['xt', 'error'], ['gradient']),
        operator('Mul', ['gradient', 'rate'], ['step']),
        operator('Sub', ['w', 'step'], ['moved']),
      ],
      [float('w', [3, 1]), { name: 'indices', dtype: 'int64', shape: [2] }],
      [float('moved', [3, 1])],
    )
    const network = networkAround(
      [
        operator('Add', ['data', 'data'], ['doubled']),
        operator('Scan', ['w0', 'batches'], ['trained'], { body, num_scan_inputs: 1 }),
      ],
      [
        float('data', [null, 3]),
        float('y', [null, 1]),
        float('w0', [3, 1]),
        { name: 'batches', dtype: 'int64', shape: [null, 2] },
      ],
      [float('trained', [3, 1])],
      { rate: exactly([0.125], []) },
    )
    const data = floats([4, 3], -0.5, 0.5)
    const y = floats([4, 1])
    const order = [0, 2, 1, 3, 3, 0]
    const { trained } = await run(network, {
      data,
      y,
      w0: exactly([0.1, 0.2, 0.3], [3, 1]),
      batches: int64(order, [3, 2]),
    })

    const w = [0.1, 0.2, 0.3]
    for (let step = 0; step < 3; step++) {
      const rows = order.slice(2 * step, 2 * step + 2)
      const at = (row: number, i: number) => 2 * Number(data.data[3 * row + i])
      const errors = rows.map(row => w.reduce((sum, weight, i) => sum + weight * at(row, i), -Number(y.data[row])))
      const gradient = w.map((_, i) => rows.reduce((sum, row, n) => sum + errors[n] * at(row, i), 0))
      for (const [i, slope] of gradient.entries()) w[i] -= 0.125 * slope
    }
    for (const [i, value] of numbers(trained).entries()) expect(value).toBeCloseTo(w[i], 6)
  })
})
