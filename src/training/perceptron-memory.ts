/** Lays a perceptron, its examples and what training needs out in the kernels' memory, as assembly/perceptron.ts reads it. */
import type { Kernels } from '../kernels/kernels.ts'
import type { Random } from '../random.ts'
import type { Examples } from './examples.ts'
import type { PerceptronTraining } from './perceptron-trainer.ts'
import type { SparsePerceptron } from './sparse-perceptron.ts'

export interface PlacedPerceptron {
  /** Address of the descriptor. */
  readonly descriptor: number
  /** The perceptron with the parameters that are in memory now. */
  read(): SparsePerceptron
  /** Address of so many zeroed bytes more. */
  zeroed(bytes: number): number
}

interface CallOptions extends Partial<PerceptronTraining> {
  readonly normals?: Float32Array
  readonly random?: Random
}

/** Examples to a block: the rows of a layer of a thousand units stay in the cache. */
const BLOCK = 64

const padded = (count: number) => (count + 3) & ~3

/** Gives a function that places a perceptron, calls, and frees everything. */
export function placePerceptron(kernels: Kernels, train: Examples, validation: Examples) {
  const [trained, judged] = [blocked(train), validation === train ? undefined : blocked(validation)]
  const { arena } = kernels
  return <T>(perceptron: SparsePerceptron, options: CallOptions, call: (placed: PlacedPerceptron) => T): T => {
    const mark = arena.mark()
    try {
      return call(placed(kernels, perceptron, trained, judged, options))
    } finally {
      arena.release(mark)
    }
  }
}

interface Blocked extends Pick<Examples, 'rows' | 'kind' | 'outputs'> {
  /** Lanes of a block, a multiple of 4. */
  readonly lanes: number
  /** [blocks × units × lanes]. */
  readonly inputs: Float32Array
  readonly targets: Float32Array
}

function blocked({ rows, inputs, outputs, values, targets, kind }: Examples): Blocked {
  const lanes = Math.min(padded(rows), BLOCK)
  const blocks = Math.ceil(rows / lanes)
  const turned = (table: Float32Array, units: number) => {
    const out = new Float32Array(blocks * units * lanes)
    for (let row = 0; row < rows; row++) {
      const start = Math.floor(row / lanes) * units * lanes + (row % lanes)
      for (let u = 0; u < units; u++) out[start + u * lanes] = table[row * units + u]
    }
    return out
  }
  return { rows, kind, outputs, lanes, inputs: turned(values, inputs), targets: turned(targets, outputs) }
}

function placed(
  { arena }: Kernels,
  perceptron: SparsePerceptron,
  train: Blocked,
  validation: Blocked | undefined,
  options: CallOptions,
): PlacedPerceptron {
  const { epochs = 0, batch = 1, rate = 0, weightDecay = 0, noise = 0, ties, normals, random } = options
  const { arch, layers } = perceptron
  const judged = validation ?? train
  const batchLanes = padded(batch)
  const lanes = Math.max(judged.lanes, batchLanes)
  const flat = parameters(perceptron)
  const size = flat.values.length
  const at = {
    inputs: arena.place(train.inputs),
    targets: arena.place(train.targets),
    params: arena.place(flat.values),
    gradients: arena.raw(4 * size),
    first: arena.raw(4 * size),
    second: arena.raw(4 * size),
    best: arena.raw(4 * size),
    order: arena.place(Int32Array.from({ length: train.rows }, (_, row) => row)),
    batchInputs: arena.zeroed(4 * arch[0] * batchLanes),
    batchTargets: arena.zeroed(4 * train.outputs * batchLanes),
    normals: normals ? arena.place(normals) : 0,
    state: arena.place(Int32Array.of(random?.bits() ?? 0, random?.bits() ?? 0)),
  }
  const judgedAt = validation
    ? { inputs: arena.place(validation.inputs), targets: arena.place(validation.targets) }
    : { inputs: at.inputs, targets: at.targets }
  const rows = layers.map(({ biases }) => arena.zeroed(4 * biases.length * lanes))
  const deltas = layers.map(({ biases }) => arena.zeroed(4 * biases.length * lanes))
  const records = layers.flatMap((layer, l) => [
    ...[arch[l], arch[l + 1], arena.place(layer.rowStart), arena.place(layer.sources)],
    ...[flat.weightsAt[l], flat.biasesAt[l], rows[l], deltas[l]],
  ])
  const recordsAt = arena.place(Int32Array.from(records))
  const descriptor = arena.zeroed(144)
  arena
    .i32(descriptor, 20)
    .set([
      ...[layers.length, train.rows, train.lanes, batch, batchLanes, epochs, size, recordsAt],
      ...[at.batchInputs, at.inputs, at.targets, at.params, at.gradients, at.first, at.second],
      ...[at.best, at.order, at.normals, at.state, at.batchTargets],
    ])
  arena.f32(descriptor + 80, 3).set([rate, weightDecay, noise])
  arena.i32(descriptor + 92, 1)[0] = ties === 'latest' ? 1 : 0
  arena.i32(descriptor + 100, 1)[0] = judged.kind === 'classes' ? 1 : 0
  arena.i32(descriptor + 128, 4).set([judged.rows, judged.lanes, judgedAt.inputs, judgedAt.targets])
  return {
    descriptor,
    read: () => withParameters(perceptron, flat, arena.f32(at.params, size)),
    zeroed: bytes => arena.zeroed(bytes),
  }
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
