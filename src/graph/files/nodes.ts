/** Nodes of a graph as a file lists them: by name, in the order in which they come, each in a layer. */
import { FormatError, ResourceError } from '../../errors.ts'
import type { UnitLayer } from '../unit-graph.ts'
import { MOST_NODES } from './edges.ts'

export interface NodeTable {
  /** Index of the node of this name, made if it is new. */
  index(name: string): number
  readonly count: number
  /** Says which layer a node lies in; role and kind are those its first node tells. */
  place(node: number, layer: string, facts?: Partial<Pick<UnitLayer, 'role' | 'kind'>>): void
  /** Layers in the order of their first nodes; nodes without a layer are one called `units` if no node has one. */
  layers(): NodeLayers
}

interface NodeLayers {
  readonly layers: readonly UnitLayer[]
  /** Layer of each node, and its place in it: Int32Array [nodes]. */
  readonly layerOf: Int32Array
  readonly unitOf: Int32Array
  /** Index of the node behind each unit, layer after layer: Int32Array [nodes]. */
  readonly nodeOf: Int32Array
  readonly isLayered: boolean
}

const MOST_LAYERS = 2 ** 14

export function nodeTable(where: string): NodeTable {
  const indices = new Map<string, number>()
  const layerIndices = new Map<string, number>()
  const found: { name: string; role: UnitLayer['role']; kind: UnitLayer['kind'] }[] = []
  const placed: number[] = []
  return {
    index(name) {
      const known = indices.get(name)
      if (known !== undefined) return known
      if (indices.size >= MOST_NODES)
        throw new ResourceError('resource.nodes', `${where} has more than ${MOST_NODES} nodes; that is too many here.`)
      const index = indices.size
      indices.set(name, index)
      placed.push(-1)
      return index
    },
    get count() {
      return indices.size
    },
    place(node, layer, { role = 'hidden', kind = 'neuron' } = {}) {
      let index = layerIndices.get(layer)
      if (index === undefined) {
        if (found.length >= MOST_LAYERS)
          throw new ResourceError(
            'resource.layers',
            `${where} has more than ${MOST_LAYERS} layers; that is too many here.`,
          )
        index = found.push({ name: layer, role, kind }) - 1
        layerIndices.set(layer, index)
      }
      placed[node] = index
    },
    layers() {
      const isLayered = found.length > 0
      const without = placed.indexOf(-1)
      if (isLayered && without >= 0)
        throw new FormatError(
          'format.layers',
          `${where}: node "${[...indices.keys()][without]}" is in no layer, others are; give all nodes a layer, or none.`,
        )
      const layerOf = Int32Array.from(placed, layer => Math.max(0, layer))
      const sizes = new Int32Array(Math.max(1, found.length))
      const unitOf = layerOf.map(layer => sizes[layer]++)
      const starts = sizes.map((_, l) => sizes.subarray(0, l).reduce((sum, size) => sum + size, 0))
      const nodeOf = new Int32Array(placed.length)
      layerOf.forEach((layer, node) => {
        nodeOf[starts[layer] + unitOf[node]] = node
      })
      const named = isLayered ? found : ([{ name: 'units', role: 'hidden', kind: 'neuron' }] as const)
      return { layers: named.map((layer, l) => ({ ...layer, size: sizes[l] })), layerOf, unitOf, nodeOf, isLayered }
    },
  }
}
