/**
 * One job of the random-initialisation experiment: build network number i of an architecture, untrained, make its graph
 * as the papers did, cluster it, return the n-cut.
 */
import type { Task } from '../src/executor.ts'
import { kernelNorm } from '../src/graph/kernel-norm.ts'
import type { EdgeBlock, UnitGraph } from '../src/graph/unit-graph.ts'
import { loadKernels } from '../src/kernels/kernels.ts'
import { type Architecture, mlp, smallCnn, vgg16 } from '../src/network/architectures.ts'
import type { Layer } from '../src/network/build.ts'
import { partitionFor } from '../src/significance/statistic.ts'

export type ArchitectureName = 'mlp' | 'cnn-64' | 'cnn-128' | 'vgg'

export interface InitialContext {
  readonly architecture: ArchitectureName
  /** Whether modules are planted (the clusterable initialisation). */
  readonly planted: boolean
  readonly k: number
  readonly seed: number
}

export const initialNcut: Task<InitialContext, number, number> = {
  name: 'initial-ncut',
  async prepare(context) {
    const kernels = await loadKernels()
    return index => {
      const graph = paperGraph(build(context, index).layers)
      return partitionFor(kernels, graph, { k: context.k, seed: context.seed }).ncut
    }
  },
}

/** Network number `index` of the experiment. */
export function build({ architecture, planted, seed }: InitialContext, index: number): Architecture {
  const options = { seed: seed * 10_000 + index, ...(planted && { planting: {} }) }
  if (architecture === 'mlp') return mlp([784, 256, 256, 256, 256, 10], options)
  if (architecture === 'vgg') return vgg16(options)
  return smallCnn({ ...options, width: architecture === 'cnn-64' ? 64 : 128 })
}

/** Perceptrons whole; of convolutional networks the kernels from the second on, by their induced 1-norm. */
function paperGraph(layers: readonly Layer[]): UnitGraph {
  const convolutions = layers.filter(layer => layer.kind === 'conv')
  const used = convolutions.length > 0 ? convolutions.slice(1) : layers.filter(layer => layer.kind === 'dense')
  const sizes = [used[0].weight.shape[1], ...used.map(layer => layer.weight.shape[0])]
  const blocks = used.map(({ weight }, l): EdgeBlock => {
    const values = new Float32Array(weight.shape[0] * weight.shape[1])
    const area = weight.data.length / values.length
    const data = weight.data as Float32Array
    for (let i = 0; i < values.length; i++)
      values[i] = kernelNorm(data, i * area, area, weight.shape[3] ?? 1, 'induced-1')
    return { from: l, to: l + 1, edges: { kind: 'dense', values } }
  })
  return { layers: sizes.map((size, l) => ({ name: `${l}`, size, role: 'hidden', kind: 'channel' })), blocks }
}
