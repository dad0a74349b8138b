/** A network on its way through pruning, and what is asked of it at every step. */
import type { Random } from '../../random.ts'
import type { PerceptronTrainer } from '../../training/perceptron-trainer.ts'
import { edgeCount, fullEdgeCount, keepEdges, type SparsePerceptron } from '../../training/sparse-perceptron.ts'
import type { SculptSettings } from './options.ts'

export interface Candidate {
  readonly perceptron: SparsePerceptron
  readonly accuracy: number
  /** Mean binary cross-entropy over the table, in nats. */
  readonly loss: number
}

export interface Sculptor {
  readonly trainer: PerceptronTrainer
  readonly settings: SculptSettings
  /** Examples that are trained on. */
  readonly rows: number
  /** Numbers of the inputs that an output depends on, as far as known. */
  readonly needed: readonly number[]
}

/** Share of the weights that are gone, 0 … 1. */
export function sparsityOf(perceptron: SparsePerceptron): number {
  return 1 - edgeCount(perceptron) / fullEdgeCount(perceptron)
}

/** Trains on from the current weights. */
export function retrain(
  { trainer, rows, settings }: Sculptor,
  perceptron: SparsePerceptron,
  random: Random,
): Candidate {
  const { epochs, batch, rate, weightDecay, noise, protocol } = settings
  const ties = protocol === 'paper' && batch >= rows ? 'latest' : 'loss'
  return trainer.train(perceptron, { epochs, batch, rate, weightDecay, noise, ties }, random)
}

/**
 * The same function without edges from units that nothing enters or that lead nowhere. (A hidden unit without an incoming
 * edge has no bias either, so it is 0.)
 */
export function withoutDead(perceptron: SparsePerceptron): SparsePerceptron {
  for (let current = perceptron; ; ) {
    const { arch, layers } = current
    const entered = arch.map((units, l) => {
      if (l === 0) return new Uint8Array(units).fill(1)
      const { rowStart } = layers[l - 1]
      return Uint8Array.from({ length: units }, (_, u) => (rowStart[u] < rowStart[u + 1] ? 1 : 0))
    })
    const used = arch.map(units => new Uint8Array(units))
    used[arch.length - 1].fill(1)
    for (const [l, { sources }] of layers.entries()) for (const source of sources) used[l][source] = 1
    const next = keepEdges(current, (l, unit, source) => entered[l][source] === 1 && used[l + 1][unit] === 1)
    if (edgeCount(next) === edgeCount(current)) return next
    current = next
  }
}

/** Whether every output still has an edge, and every input that matters a way up. */
export function isConnected({ needed }: Sculptor, perceptron: SparsePerceptron): boolean {
  const { layers } = withoutDead(perceptron)
  const { rowStart } = layers[layers.length - 1]
  for (let o = 0; o < rowStart.length - 1; o++) if (rowStart[o] === rowStart[o + 1]) return false
  const used = new Set(layers[0].sources)
  return needed.every(input => used.has(input))
}
