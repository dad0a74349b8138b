/** Which edges of a chain are left, and what that means for its weights. */
import type { Network } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import type { MaskedNetwork } from '../masked-network.ts'
import type { ChainLayer } from './chain.ts'

/** For each layer: 1 for an edge that is left, [units × sources]. */
export type EdgeMasks = readonly Uint8Array[]

export function allEdges(chain: readonly ChainLayer[]): Uint8Array[] {
  return chain.map(({ units, sources }) => new Uint8Array(units * sources).fill(1))
}

/** Without the edges from units that nothing enters or that lead nowhere; outputs and inputs stay units. */
export function withoutDeadEdges(chain: readonly ChainLayer[], masks: EdgeMasks): Uint8Array[] {
  const left = masks.map(mask => mask.slice())
  for (let changed = true; changed; ) {
    changed = false
    for (let l = 0; l + 1 < chain.length; l++) {
      const { units, sources } = chain[l]
      const above = chain[l + 1]
      for (let u = 0; u < units; u++) {
        const entered = left[l].subarray(u * sources, (u + 1) * sources).includes(1)
        const used = Array.from({ length: above.units }, (_, t) => left[l + 1][t * above.sources + u]).includes(1)
        if (entered === used) continue
        changed = true
        left[l].fill(0, u * sources, (u + 1) * sources)
        for (let t = 0; t < above.units; t++) left[l + 1][t * above.sources + u] = 0
      }
    }
  }
  return left
}

/** Masks of the weights, and of what belongs to a unit (biases, scales), by name: 0 where no edge is left. */
export function weightMasks(
  network: Network,
  chain: readonly ChainLayer[],
  masks: EdgeMasks,
): Map<string, Float32Array> {
  const found = new Map<string, Float32Array>()
  for (const [l, { weight, perUnit, units, sources, edgeOf }] of chain.entries()) {
    const size = elementCount(network.weights.get(weight)!.shape)
    found.set(
      weight,
      Float32Array.from({ length: size }, (_, i) => masks[l][edgeOf(i)]),
    )
    const living = Float32Array.from({ length: units }, (_, u) =>
      masks[l].subarray(u * sources, (u + 1) * sources).includes(1) ? 1 : 0,
    )
    for (const name of perUnit)
      if (elementCount(network.weights.get(name)?.shape ?? []) === units) found.set(name, living)
  }
  return found
}

/** Mean |w| of every edge, 0 for those that are gone: [units × sources]. */
export async function edgeMagnitudes(
  network: Network,
  chain: readonly ChainLayer[],
  masks: EdgeMasks,
): Promise<Float64Array[]> {
  return Promise.all(
    chain.map(async ({ weight, perEdge, edgeOf }, l) => {
      const { data } = await network.weights.get(weight)!.read()
      const sums = new Float64Array(masks[l].length)
      for (let i = 0; i < data.length; i++) sums[edgeOf(i)] += Math.abs(Number(data[i])) / perEdge
      return sums.map((sum, e) => (masks[l][e] ? sum : 0))
    }),
  )
}

/** What is left as detection reads it; an edge weighs what its weights do in the mean. */
export function maskedChain(
  chain: readonly ChainLayer[],
  masks: EdgeMasks,
  magnitudes: readonly Float64Array[],
): MaskedNetwork {
  return {
    arch: [chain[0].sources, ...chain.map(({ units }) => units)],
    edges: chain.map(({ sources }, l) => {
      const kept = Array.from(masks[l].keys()).filter(e => masks[l][e] === 1)
      return {
        from: Int32Array.from(kept, e => e % sources),
        to: Int32Array.from(kept, e => Math.floor(e / sources)),
        weight: Float64Array.from(kept, e => magnitudes[l][e]),
      }
    }),
    biases: chain.map(({ units }) => new Float64Array(units)),
  }
}
