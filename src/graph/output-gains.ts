/**
 * Batch norm, or any constant factor, behind the last weights: no later weight operator reads it, so it multiplies the
 * edges that enter the output units instead. A unit that reaches the outputs by several ways takes the largest factor.
 */
import type { WalkState } from './walk-state.ts'

/** Multiplies the blocks that enter layers nothing reads by what lies between these layers and the network's outputs. */
export function foldOutputGains(state: WalkState): void {
  const read = new Set(Array.from(state.blocks.keys(), key => Number(key.split(',')[0])))
  const gains = new Map<number, Float64Array>()
  for (const { name } of state.network.outputs) {
    for (const term of state.signals.get(name)?.terms ?? []) {
      const layer = state.layers[term.layer]
      if (read.has(term.layer) || layer.operator === undefined) continue
      const largest = gains.get(term.layer) ?? new Float64Array(layer.size).fill(-1)
      gains.set(term.layer, largest)
      term.units.forEach((unit, slot) => {
        if (unit >= 0) largest[unit] = Math.max(largest[unit], term.gains[slot])
      })
    }
  }
  for (const [key, weights] of state.blocks) {
    const [from, to] = key.split(',').map(Number)
    const columns = state.layers[from].size
    const factors = gains.get(to)?.map(gain => (gain < 0 ? 1 : gain))
    if (!factors || factors.every(factor => factor === 1)) continue
    const scaled = Float64Array.from(weights)
    factors.forEach((factor, row) => {
      for (let at = row * columns; at < (row + 1) * columns; at++) scaled[at] *= factor
    })
    state.blocks.set(key, scaled)
  }
}
