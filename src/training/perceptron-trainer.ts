/**
 * Training of sparse perceptrons in the kernels (assembly/perceptron.ts): ONNX Runtime spends tens of microseconds on a
 * step of a network for a truth table, the kernel one or two, and less with every edge that is pruned; and the same seed
 * gives the same bits on every machine.
 *
 * As Neural Sculpting trains (arXiv 2305.18402, and its code): mean binary cross-entropy, Adam with L2 added to the
 * gradient, examples in a new order each epoch, fresh Gaussian noise on the inputs whenever an example is fetched. Kept is
 * the epoch with the best validation accuracy, among those the one that was first to have no larger loss than any kept
 * before. Departures: the gradient of the loss is taken with respect to the logit, p − y, which stays right where p
 * rounds to 0 or 1; noise takes 2¹⁴ equally likely values; examples may have classes instead of bits, for which the loss
 * is the cross-entropy of the softmax.
 */
import type { Kernels } from '../kernels/kernels.ts'
import type { Random } from '../random.ts'
import { normalQuantile } from '../stats/normal.ts'
import type { Examples } from './examples.ts'
import { placePerceptron } from './perceptron-memory.ts'
import type { SparsePerceptron } from './sparse-perceptron.ts'

export interface PerceptronTraining {
  readonly epochs: number
  /** Examples a step; the last one of an epoch may have fewer. */
  readonly batch: number
  readonly rate: number
  /** Added to the gradient of each parameter: decay × parameter. */
  readonly weightDecay: number
  /** Standard deviation of the noise on inputs. */
  readonly noise: number
  /**
   * Which of equally accurate epochs is kept: `loss`, the one described above, or `latest`, as the published code does
   * where one batch covers the table (its loss is infinite there). Default: `loss`.
   */
  readonly ties?: 'loss' | 'latest'
}

interface TrainedPerceptron {
  readonly perceptron: SparsePerceptron
  /** Share of right answers (bits or classes) over the validation examples, 0 … 1. */
  readonly accuracy: number
  /** Mean loss over the validation examples, in nats. */
  readonly loss: number
}

/** Sums over the validation examples, for the units of each hidden layer: [units]. */
interface UnitSums {
  /** Of the activation h, and of h². */
  readonly activation: Float64Array
  readonly square: Float64Array
  /** Of |h · ∂L/∂h|, L the loss of the example, or the sum of its outputs. */
  readonly influence: Float64Array
}

export interface PerceptronTrainer {
  /** So many validation examples there are. */
  readonly examples: number
  train(perceptron: SparsePerceptron, options: PerceptronTraining, random: Random): TrainedPerceptron
  /** Accuracy and loss of the perceptron as it is. */
  measure(perceptron: SparsePerceptron): Omit<TrainedPerceptron, 'perceptron'>
  probe(perceptron: SparsePerceptron, of?: 'loss' | 'outputs'): UnitSums[]
}

const NORMALS = 16384
let quantiles: Float32Array | undefined

/** Noise values: the middles of 2¹⁴ equally likely intervals of the standard normal distribution. */
function normals(): Float32Array {
  quantiles ??= Float32Array.from({ length: NORMALS }, (_, i) => normalQuantile((i + 0.5) / NORMALS))
  return quantiles
}

/** @param validation — what a network is judged by. Default: the training examples, without noise. */
export function perceptronTrainer(kernels: Kernels, train: Examples, validation: Examples = train): PerceptronTrainer {
  const answers = validation.rows * (validation.kind === 'classes' ? 1 : validation.outputs)
  const place = placePerceptron(kernels, train, validation)
  const { arena } = kernels
  return {
    examples: validation.rows,
    train: (perceptron, options, random) =>
      place(perceptron, { ...options, normals: options.noise > 0 ? normals() : undefined, random }, placed => {
        kernels.trainPerceptron(placed.descriptor)
        const right = arena.i32(placed.descriptor + 96, 1)[0]
        const loss = arena.f64(placed.descriptor + 104, 1)[0]
        return { perceptron: placed.read(), accuracy: Math.max(0, right) / answers, loss }
      }),
    measure: perceptron =>
      place(perceptron, {}, ({ descriptor }) => {
        const right = kernels.validate(descriptor)
        return { accuracy: right / answers, loss: arena.f64(descriptor + 120, 1)[0] }
      }),
    probe: (perceptron, of = 'loss') =>
      place(perceptron, {}, ({ descriptor, zeroed }) => {
        const hidden = perceptron.arch.slice(1, -1)
        const units = hidden.reduce((sum, size) => sum + size, 0)
        const sums = zeroed(24 * units)
        kernels.probeUnits(descriptor, of === 'outputs' ? 1 : 0, sums)
        const all = arena.f64(sums, 3 * units)
        let first = 0
        return hidden.map(size => {
          const column = (which: number) => Float64Array.from({ length: size }, (_, u) => all[3 * (first + u) + which])
          const layer = { activation: column(0), square: column(1), influence: column(2) }
          first += size
          return layer
        })
      }),
  }
}
