/** The outline is the graph, without a weight being read. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UnsupportedError } from '../../src/errors.ts'
import { fileSource } from '../../src/formats/file-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { graphOutline } from '../../src/graph/outline.ts'
import { type PrepareOptions, prepareGraph } from '../../src/graph/prepare.ts'
import { mlp, smallCnn, vgg16 } from '../../src/network/architectures.ts'
import type { Network } from '../../src/network/network.ts'
import { elementCount } from '../../src/tensor/tensor.ts'

/** Refuses to read matrices of more than 4,096 values. */
function unreadable(network: Network): Network {
  const weights = Array.from(network.weights, ([name, weight]) => {
    const isLarge = weight.shape.length > 1 && elementCount(weight.shape) > 4096
    const read = () => Promise.reject(new Error(`${name} was read`))
    return [name, isLarge ? { ...weight, read } : weight] as const
  })
  return { ...network, weights: new Map(weights) }
}

async function compare(network: Network, options?: PrepareOptions): Promise<void> {
  const { graph, leftOut } = await prepareGraph(network, options)
  const outline = await graphOutline(unreadable(network), options)
  expect(outline.layers).toEqual(graph.layers)
  expect(outline.leftOut).toEqual(leftOut)
  expect(outline.blocks).toEqual(graph.blocks.map(({ from, to }) => ({ from, to })))
}

describe('graphOutline', () => {
  it.each([
    ['a perceptron', () => mlp([784, 256, 64, 10], { seed: 1 }).network, undefined],
    ['some of its layers', () => mlp([100, 80, 60, 10], { seed: 1 }).network, { units: 'no-inputs' }],
    ['convolutions', () => smallCnn({ seed: 1 }).network, undefined],
    ['convolutions alone', () => smallCnn({ seed: 1 }).network, { form: 'outputs' }],
    ['their input channels', () => vgg16({ seed: 1 }).network, { form: 'imagenet' }],
    ['by the paper', () => smallCnn({ seed: 1 }).network, { protocol: 'paper' }],
  ] as const)('%s', async (_, build, options) => compare(build() as Network, options), 60_000)

  it('refuses what only weights can tell', async () => {
    await expect(graphOutline(mlp([10, 10], { seed: 1 }).network, { form: 'unrolled' })).rejects.toThrow(
      UnsupportedError,
    )
  })

  const folder = '../shared/nets'
  const files = ['onnx', 'safetensors', 'pytorch', 'keras', 'tfjs'].flatMap(kind => {
    const own = join(folder, kind)
    return existsSync(own) ? readdirSync(own).map(name => join(own, name)) : []
  })
  it.skipIf(files.length === 0)(
    'of every network in ../shared/nets that can be opened',
    async () => {
      let compared = 0
      for (const file of files.filter(name => /\.(onnx|safetensors|pth?|th|h5|keras)$/.test(name))) {
        const network = await openNetwork(await fileSource(file)).catch(() => undefined)
        if (!network) continue
        const made = await prepareGraph(network).catch(() => undefined)
        if (!made) continue
        await compare(network).catch(error => {
          throw new Error(`${file}: ${error.message}`)
        })
        compared++
      }
      expect(compared).toBeGreaterThan(8)
    },
    120_000,
  )
})
