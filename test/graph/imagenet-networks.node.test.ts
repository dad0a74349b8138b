/** The graphs of ImageNet networks in the papers' form, from weights of the right shapes: sizes and edges as published. */
import { describe, expect, it } from 'vitest'
import { unitGraph } from '../../src/graph/walk.ts'
import { vgg16 } from '../../src/network/architectures.ts'
import { buildChain, type Layer } from '../../src/network/build.ts'
import type { Network } from '../../src/network/network.ts'
import { randomStream } from '../../src/random.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { type Line, networkOf } from './small-network.ts'

const random = randomStream(1)
const drawn = (shape: readonly number[]) =>
  tensor(
    Float32Array.from({ length: shape.reduce((size, n) => size * n, 1) }, () => random.uniform() - 0.5),
    shape,
  )
const units = ({ layers }: { readonly layers: readonly { readonly size: number }[] }) =>
  layers.reduce((sum, { size }) => sum + size, 0)

describe('the papers’ graphs of known networks', () => {
  it('VGG-16: 13 blocks, 4,224 units', async () => {
    const { graph } = await unitGraph(vgg16({ seed: 1 }).network, { protocol: 'paper' })
    expect(graph.layers.map(({ size }) => size)).toEqual([
      64,
      64,
      128,
      128,
      ...Array(3).fill(256),
      ...Array(6).fill(512),
    ])
    expect(units(graph)).toBe(4224)
  })

  it('VGG-19: 16 blocks, 5,504 units', async () => {
    const widths = [64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512, 512, 512, 0]
    let channels = 3
    const layers = widths.map((width): Layer => {
      if (width === 0) return { kind: 'max-pool', size: 2 }
      const weight = drawn([width, channels, 3, 3])
      channels = width
      return { kind: 'conv', weight, activation: 'Relu' }
    })
    const head: Layer = { kind: 'dense', weight: drawn([10, 512]) }
    const network = buildChain([...layers, { kind: 'flatten' }, head], { input: [3, 32, 32] })
    const { graph } = await unitGraph(network, { protocol: 'paper' })
    expect(graph.layers).toHaveLength(16)
    expect(units(graph)).toBe(5504)
  })

  it('ResNet-18: 21 blocks, 4,416 units, every edge', async () => {
    const { graph } = await unitGraph(await resNet18(), { protocol: 'paper' })
    // Blocks are the inputs of convolutions 1 … 19 and of the dense layer; convolution 0 reads the image, which is left out.
    expect(graph.layers.map(({ size }) => size)).toEqual([
      ...[64, 64, 64, 64, 64, 64],
      ...[128, 64, 128, 128, 128],
      ...[256, 128, 256, 256, 256],
      ...[512, 256, 512, 512],
      512,
    ])
    expect(units(graph)).toBe(4416)
    const targets = new Map<number, number[]>()
    for (const { from, to } of graph.blocks) targets.set(from + 1, [...(targets.get(from + 1) ?? []), to + 1])
    expect(Object.fromEntries([...targets].map(([from, to]) => [from, to.sort((a, b) => a - b)]))).toEqual({
      ...{ 1: [2], 2: [4, 6, 8], 3: [4, 6, 8], 4: [5], 5: [6, 8], 6: [7], 7: [9, 11, 13], 8: [9, 11, 13], 9: [10] },
      ...{ 10: [11, 13], 11: [12], 12: [14, 16, 18], 13: [14, 16, 18], 14: [15], 15: [16, 18], 16: [17] },
      ...{ 17: [19, 21], 18: [19, 21], 19: [20], 20: [21] },
    })
  })
})

/** Units bn → relu → conv → bn → relu → conv, with a 1 × 1 shortcut in the first unit of each of the four stages. */
function resNet18(): Promise<Network> {
  const held: Record<string, Tensor> = {}
  const lines: Line[] = []
  let made = 0
  const add = (type: string, inputs: string[], attributes = {}) => {
    const output = `v${made++}`
    lines.push([type, inputs, [output], attributes])
    return output
  }
  const hold = (shape: readonly number[]) => {
    const name = `w${Object.keys(held).length}`
    held[name] = drawn(shape)
    return name
  }
  const conv = (from: string, out: number, into: number, side: number, stride: number) => {
    const pad = (side - 1) / 2
    const attributes = { kernel_shape: [side, side], strides: [stride, stride], pads: [pad, pad, pad, pad] }
    return add('Conv', [from, hold([out, into, side, side])], attributes)
  }
  const active = (from: string, size: number) => {
    const parts = Array.from({ length: 4 }, () => hold([size]))
    return add('Relu', [add('BatchNormalization', [from, ...parts], { epsilon: 2e-5 })])
  }
  let value = add('MaxPool', [active(conv('x', 64, 3, 7, 2), 64)], { kernel_shape: [2, 2], strides: [2, 2] })
  let width = 64
  for (const out of [64, 128, 256, 512])
    for (const first of [true, false]) {
      const stride = first && out > 64 ? 2 : 1
      const entered = active(value, width)
      const inner = conv(entered, out, width, 3, stride)
      const path = conv(active(inner, out), out, out, 3, 1)
      value = add('Add', [path, first ? conv(entered, out, width, 1, stride) : value])
      width = out
    }
  const pooled = add('GlobalAveragePool', [active(value, 512)])
  lines.push(['Gemm', [add('Flatten', [pooled]), hold([10, 512])], ['y'], { transB: 1 }])
  return networkOf([1, 3, 32, 32], held, lines)
}
