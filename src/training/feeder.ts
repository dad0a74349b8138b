/**
 * What a group of steps is fed: which examples, and what is random about them. A native runtime reads the data set in
 * place, by index; one in WebAssembly would copy it, so it gets the group's examples alone. Augmented and noisy examples
 * are made anew for each group.
 */
import { type Dataset, exampleCount, exampleSize, networkInputs } from '../data/dataset.ts'
import { randomStream } from '../random.ts'
import type { RuntimeName } from '../runtime/runtime.ts'
import { normalDraws } from '../stats/normal.ts'
import { elementCount, type Tensor, tensor } from '../tensor/tensor.ts'
import { type Augmentation, augmentImage } from './augment.ts'
import { epochOrder, type GroupPlan, STREAMS } from './batches.ts'
import { drawMask } from './dropout.ts'
import type { Objective } from './objective.ts'
import type { StepOptions } from './step-graph.ts'
import type { Group } from './step-runner.ts'

export interface FeederOptions {
  readonly seed: number
  readonly shuffle: boolean
  readonly noise: number
  readonly augment?: Augmentation
  readonly runtime: RuntimeName
}

export interface Feeder {
  /** How the examples it feeds are stored. */
  readonly examples: StepOptions['examples']
  /** @param step counted from the start of the run; @param epoch from 0 */
  feed(plan: GroupPlan, step: number, epoch: number): Pick<Group, 'indices' | 'examples' | 'answers' | 'dropout'>
}

/** Up to this many values, 256 MB, the whole data set is held as floats. */
const READY_VALUES = 2 ** 26

export function feeder(dataset: Dataset, objective: Objective, options: FeederOptions): Feeder {
  const { seed, noise, augment } = options
  const { train, shape, divisor } = dataset
  const count = exampleCount(dataset, train)
  const size = exampleSize(dataset)
  const answers = (train.labels ?? train.targets)!
  const width = answers.length / count
  const inputShape = objective.input.shape.length === 2 ? [size] : shape
  const answerShape = objective.target.shape.slice(1).map(length => length ?? width)
  const isChanged = noise > 0 || augment !== undefined
  const isResident = options.runtime === 'onnxruntime-node' && !isChanged
  // Ready-made floats save two operators a step; where they would take too much room, bytes are converted as they come.
  const isReady = isResident && count * size <= READY_VALUES
  const resident = isReady ? networkInputs(dataset, train) : train.inputs
  let order: { readonly epoch: number; readonly indices: Int32Array } | undefined
  const orderOf = (epoch: number) => {
    if (order?.epoch !== epoch) order = { epoch, indices: epochOrder(count, seed, epoch, options.shuffle) }
    return order.indices
  }

  const changed = (indices: Int32Array, { batch, steps }: GroupPlan, firstStep: number) => {
    const values = new Float32Array(indices.length * size)
    const image = train.inputs.slice(0, size)
    for (let step = 0; step < steps; step++) {
      const changes = augment && randomStream(seed, STREAMS.augment, firstStep + step)
      const draw = noise > 0 ? normalDraws(randomStream(seed, STREAMS.noise, firstStep + step)) : undefined
      for (let at = step * batch; at < (step + 1) * batch; at++) {
        image.set(train.inputs.subarray(indices[at] * size, (indices[at] + 1) * size))
        const place = values.subarray(at * size, (at + 1) * size)
        if (augment && changes) augmentImage(image, place, shape, augment, changes)
        else place.set(image)
        for (let i = 0; i < size; i++) place[i] = place[i] / divisor + (draw ? noise * draw() : 0)
      }
    }
    return values
  }
  const gather = <T extends Uint8Array | Int32Array | Float32Array>(from: T, each: number, indices: Int32Array): T => {
    const values = new (from.constructor as new (length: number) => T)(indices.length * each)
    for (let i = 0; i < indices.length; i++)
      values.set(from.subarray(indices[i] * each, (indices[i] + 1) * each), i * each)
    return values
  }
  const feedExamples = (indices: Int32Array, plan: GroupPlan, step: number) => {
    if (isResident) return { examples: resident, answers, rows: count, indices }
    const examples = isChanged ? changed(indices, plan, step) : gather(train.inputs, size, indices)
    const own = Int32Array.from(indices, (_, at) => at)
    return { examples, answers: gather(answers, width, indices), rows: indices.length, indices: own }
  }
  return {
    examples:
      isChanged || isReady
        ? { dtype: 'float32', divisor: 1 }
        : { dtype: train.inputs instanceof Uint8Array ? 'uint8' : 'float32', divisor },
    feed(plan, step, epoch) {
      const { steps, batch, start } = plan
      const fed = feedExamples(orderOf(epoch).subarray(start, start + steps * batch), plan, step)
      return {
        indices: tensor(fed.indices, [steps, batch]),
        examples: tensor(fed.examples, [fed.rows, ...inputShape]),
        answers: tensor(fed.answers, [fed.rows, ...answerShape]),
        dropout: dropoutMasks(objective, seed, plan, step),
      }
    },
  }
}

/** Stream of a mask: the step, then the position of its site in the network. */
function dropoutMasks({ masks }: Objective, seed: number, plan: GroupPlan, firstStep: number): Map<string, Tensor> {
  return new Map(
    masks.map(({ name, rate, shape }, site) => {
      const each = plan.batch * elementCount(shape)
      const bytes = new Uint8Array(plan.steps * each)
      for (let step = 0; step < plan.steps; step++)
        bytes.set(drawMask(each, rate, randomStream(seed, STREAMS.dropout, firstStep + step, site)), step * each)
      return [name, tensor(bytes, [plan.steps, plan.batch, ...shape])]
    }),
  )
}
