/** Two perceptrons as one: inputs, units and outputs side by side, no weight between them. */
import type { DenseLayer, Layer } from '../../src/network/build.ts'
import type { Network } from '../../src/network/network.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'

export async function denseLayersOf(network: Network, count: number): Promise<DenseLayer[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, at): Promise<DenseLayer> => {
      const name = `dense${at + 1}`
      const [weight, bias] = await Promise.all(
        [`${name}.weight`, `${name}.bias`].map(part => network.weights.get(part)!.read()),
      )
      return { kind: 'dense', weight, bias, ...(at < count - 1 && { activation: 'Relu' }) }
    }),
  )
}

export function sideBySide(a: readonly DenseLayer[], b: readonly DenseLayer[]): Layer[] {
  return a.map((layer, at) => ({
    ...layer,
    weight: blockDiagonal(layer.weight, b[at].weight),
    bias: joined(layer.bias!, b[at].bias!),
  }))
}

function blockDiagonal(a: Tensor, b: Tensor): Tensor {
  const [rows, columns] = [a.shape[0] + b.shape[0], a.shape[1] + b.shape[1]]
  const values = new Float32Array(rows * columns)
  for (const [block, row, column] of [
    [a, 0, 0],
    [b, a.shape[0], a.shape[1]],
  ] as const)
    for (let r = 0; r < block.shape[0]; r++)
      for (let c = 0; c < block.shape[1]; c++)
        values[(row + r) * columns + column + c] = Number(block.data[r * block.shape[1] + c])
  return tensor(values, [rows, columns])
}

function joined(a: Tensor, b: Tensor): Tensor {
  return tensor(Float32Array.of(...(a.data as Float32Array), ...(b.data as Float32Array)), [
    a.data.length + b.data.length,
  ])
}
