/**
 * Training of sparse perceptrons on a whole truth table, in the kernels (assembly/perceptron.ts): ONNX Runtime spends
 * tens of microseconds on a step of networks this small, the kernel one or two, and less with every edge that is pruned;
 * and the same seed gives the same bits on every machine.
 *
 * As Neural Sculpting trains (arXiv 2305.18402, and its code): mean binary cross-entropy, Adam with L2 added to the
 * gradient, examples in a new order each epoch, fresh Gaussian noise on the inputs whenever an example is fetched, the
 * table itself without noise as validation set. Kept is the epoch with the best accuracy, among those the one that was
 * first to have both best accuracy and no larger loss than any kept before. Departure: the gradient of the loss is taken with
 * respect to the logit, p − y, which stays right where p rounds to 0 or 1; noise takes 2¹⁴ equally likely values.
 */
import type { Kernels } from '../kernels/kernels.ts'
import type { Random } from '../random.ts'
import { normalQuantile } from '../stats/normal.ts'
import type { TruthTable } from '../tasks/truth-table.ts'
import type { SparsePerceptron } from './sparse-perceptron.ts'

export interface TableTraining {
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

export interface TrainedTable {
  readonly perceptron: SparsePerceptron
  /** Share of right output bits over the table, 0 … 1. */
  readonly accuracy: number
  /** Mean binary cross-entropy over the table, in nats. */
  readonly loss: number
}

export interface TableProbe {
  /** Activation of each unit of each hidden layer for each row: [units × rows]. */
  readonly activations: readonly Float32Array[]
  /** d(loss of the row)/d(activation), 0 where the unit is off, or that of the sum of outputs: [units × rows]. */
  readonly gradients: readonly Float32Array[]
}

export interface TableTrainer {
  train(perceptron: SparsePerceptron, options: TableTraining, random: Random): TrainedTable
  /** Share of right output bits, 0 … 1. */
  accuracy(perceptron: SparsePerceptron): number
  probe(perceptron: SparsePerceptron, of?: 'loss' | 'outputs'): TableProbe
}

const NORMALS = 16384
let quantiles: Float32Array | undefined

/** Noise values: the middles of 2¹⁴ equally likely intervals of the standard normal distribution. */
function normals(): Float32Array {
  quantiles ??= Float32Array.from({ length: NORMALS }, (_, i) => normalQuantile((i + 0.5) / NORMALS))
  return quantiles
}

const padded = (count: number) => (count + 3) & ~3

export function tableTrainer(kernels: Kernels, table: TruthTable): TableTrainer {
  const { arena } = kernels
  const bits = table.rows * table.outputs
  const lanes = padded(table.rows)
  const inputs = new Float32Array(table.inputs * lanes)
  const targets = new Float32Array(table.outputs * lanes)
  for (let row = 0; row < table.rows; row++) {
    for (let i = 0; i < table.inputs; i++) inputs[i * lanes + row] = (row >> (table.inputs - 1 - i)) & 1
    for (let o = 0; o < table.outputs; o++) targets[o * lanes + row] = table.values[row * table.outputs + o]
  }

  /** Lays everything out in the arena, calls, and frees it. */
  const within = <T>(
    perceptron: SparsePerceptron,
    { epochs = 0, batch = table.rows, rate = 0, weightDecay = 0, noise = 0, ties }: Partial<TableTraining>,
    random: Random | undefined,
    call: (place: Placement) => T,
  ): T => {
    const mark = arena.mark()
    try {
      const { arch, layers } = perceptron
      const rowLanes = Math.max(lanes, padded(batch))
      const flat = parameters(perceptron)
      const places = {
        inputs: arena.place(inputs),
        targets: arena.place(targets),
        params: arena.place(flat.values),
        gradients: arena.raw(4 * flat.values.length),
        first: arena.raw(4 * flat.values.length),
        second: arena.raw(4 * flat.values.length),
        best: arena.raw(4 * flat.values.length),
        order: arena.place(Int32Array.from({ length: table.rows }, (_, row) => row)),
        batchInputs: arena.zeroed(4 * arch[0] * padded(batch)),
        batchTargets: arena.zeroed(4 * table.outputs * padded(batch)),
        normals: noise > 0 ? arena.place(normals()) : 0,
        state: arena.place(Int32Array.of(random?.bits() ?? 0, random?.bits() ?? 0)),
      }
      const rows = layers.map(({ biases }) => arena.zeroed(4 * biases.length * rowLanes))
      const deltas = layers.map(({ biases }) => arena.zeroed(4 * biases.length * rowLanes))
      const records = layers.flatMap((layer, l) => [
        ...[arch[l], arch[l + 1], arena.place(layer.rowStart), arena.place(layer.sources)],
        ...[flat.weightsAt[l], flat.biasesAt[l], rows[l], deltas[l]],
      ])
      const recordsAt = arena.place(Int32Array.from(records))
      const descriptor = arena.zeroed(128)
      const { i32, f32 } = arena
      i32(descriptor, 30).set([
        ...[layers.length, table.rows, lanes, batch, padded(batch), epochs, flat.values.length, recordsAt],
        ...[places.batchInputs, places.inputs, places.targets, places.params, places.gradients, places.first],
        ...[places.second, places.best, places.order, places.normals, places.state, places.batchTargets],
        ...[0, 0, 0, ties === 'latest' ? 1 : 0, 0],
      ])
      f32(descriptor + 80, 3).set([rate, weightDecay, noise])
      return call({ descriptor, places, rows, deltas, flat })
    } finally {
      arena.release(mark)
    }
  }

  return {
    train: (perceptron, options, random) =>
      within(perceptron, options, random, ({ descriptor, places, flat }) => {
        kernels.trainTable(descriptor)
        const right = arena.i32(descriptor + 96, 1)[0]
        const loss = arena.f64(descriptor + 104, 1)[0]
        const values = arena.f32(places.params, flat.values.length)
        return { perceptron: withParameters(perceptron, flat, values), accuracy: Math.max(0, right) / bits, loss }
      }),
    accuracy: perceptron =>
      within(perceptron, {}, undefined, ({ descriptor, places }) => {
        kernels.forwardTable(descriptor, places.inputs, lanes)
        return kernels.rightBits(descriptor) / bits
      }),
    probe: (perceptron, of = 'loss') =>
      within(perceptron, {}, undefined, ({ descriptor, rows, deltas }) => {
        kernels.probeTable(descriptor, of === 'outputs' ? 1 : 0)
        const hidden = perceptron.arch.slice(1, -1)
        const read = (addresses: readonly number[]) =>
          hidden.map((units, l) => unpadded(arena.f32(addresses[l], units * lanes), units, lanes, table.rows))
        return { activations: read(rows), gradients: read(deltas) }
      }),
  }
}

interface Placement {
  readonly descriptor: number
  readonly places: Readonly<Record<'inputs' | 'params', number>>
  readonly rows: readonly number[]
  readonly deltas: readonly number[]
  readonly flat: FlatParameters
}

interface FlatParameters {
  /** All weights and biases, layer by layer, each part padded to a multiple of 4. */
  readonly values: Float32Array
  readonly weightsAt: readonly number[]
  readonly biasesAt: readonly number[]
}

function parameters({ layers }: SparsePerceptron): FlatParameters {
  let length = 0
  const reserve = (count: number) => {
    const at = length
    length += padded(count)
    return at
  }
  const weightsAt = layers.map(({ weights }) => reserve(weights.length))
  const biasesAt = layers.map(({ biases }) => reserve(biases.length))
  const values = new Float32Array(length)
  for (const [l, { weights, biases, rowStart }] of layers.entries()) {
    values.set(weights, weightsAt[l])
    for (let u = 0; u < biases.length; u++) if (rowStart[u] < rowStart[u + 1]) values[biasesAt[l] + u] = biases[u]
  }
  return { values, weightsAt, biasesAt }
}

function withParameters(perceptron: SparsePerceptron, flat: FlatParameters, values: Float32Array): SparsePerceptron {
  const layers = perceptron.layers.map((layer, l) => ({
    ...layer,
    weights: values.slice(flat.weightsAt[l], flat.weightsAt[l] + layer.weights.length),
    biases: values.slice(flat.biasesAt[l], flat.biasesAt[l] + layer.biases.length),
  }))
  return { arch: perceptron.arch, layers }
}

function unpadded(values: Float32Array, units: number, lanes: number, rows: number): Float32Array {
  const out = new Float32Array(units * rows)
  for (let u = 0; u < units; u++) out.set(values.subarray(u * lanes, u * lanes + rows), u * rows)
  return out
}
