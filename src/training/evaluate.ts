/** Measures a network on a split of a data set: the plain forward pass in batches, with the loss and the metrics. */
import { openDraft } from '../autodiff/draft.ts'
import { binaryCrossEntropy, meanSquaredError, softmaxCrossEntropy } from '../autodiff/losses.ts'
import { withInputs } from '../autodiff/parameters.ts'
import { type Dataset, exampleCount, exampleSize, networkInputs, type Split } from '../data/dataset.ts'
import type { Network } from '../network/network.ts'
import { throwIfAborted, type WatchOptions } from '../progress.ts'
import type { Runtime, RuntimeUsed } from '../runtime/runtime.ts'
import { elementCount, type Tensor, tensor } from '../tensor/tensor.ts'
import { type Metrics, metricSums } from './metrics.ts'
import { bitThreshold, type Loss, splitHeads } from './objective.ts'

export interface EvaluatorOptions {
  readonly runtime: Runtime
  readonly threads?: number
  readonly loss: Loss
  /** Weights to be given with each measurement instead of the network's own. Default: none. */
  readonly given?: readonly string[]
  /** Whether dead units are counted. Default: true. */
  readonly deadUnits?: boolean
}

export interface Evaluator {
  /** @param weights those that are `given` */
  measure(split: Split, weights?: ReadonlyMap<string, Tensor>, options?: WatchOptions): Promise<Metrics>
  /** What runs. */
  readonly used: RuntimeUsed
  release(): Promise<void>
}

/** Values in the largest activation of a batch. */
const BATCH_VALUES = 2 ** 23

export async function loadEvaluator(
  network: Network,
  dataset: Pick<Dataset, 'shape' | 'divisor' | 'heads' | 'outputs'>,
  options: EvaluatorOptions,
): Promise<Evaluator> {
  const { loss, runtime, threads, given = [] } = options
  const judged = splitHeads(network, loss === 'cross-entropy' ? dataset.heads : 1)
  const output = judged.outputs[0].name
  const added = await LOSS_GRAPHS[loss](withInputs(judged, given), { output })
  const dead = options.deadUnits === false ? [] : activeUnits(network)
  const graph = await withMaxima(added.network, dead)
  const session = await runtime.load(graph, { threads })
  const largest = Math.max(
    1,
    ...Array.from(network.shapes.values(), shape => elementCount(shape.map(size => size ?? 1))),
  )
  const batch = Math.min(1000, Math.max(16, Math.floor(BATCH_VALUES / largest)))
  const classes = loss === 'cross-entropy' ? dataset.outputs / dataset.heads : dataset.outputs
  const inputShape = network.inputs[0].shape.length === 2 ? [exampleSize(dataset)] : dataset.shape
  const target = added.network.inputs.find(({ name }) => name === added.target)!
  return {
    used: session.runtime,
    async measure(split, weights = new Map(), { signal } = {}) {
      const sums = metricSums({ loss, classes, threshold: bitThreshold(network, output) })
      const maxima = dead.map(() => undefined as Float32Array | undefined)
      const examples = exampleCount(dataset, split)
      const answers = (split.labels ?? split.targets)!
      const width = answers.length / examples
      for (let from = 0; from < examples; from += batch) {
        throwIfAborted(signal)
        const to = Math.min(from + batch, examples)
        const asked = answers.subarray(from * width, to * width)
        const shape = [to - from, ...target.shape.slice(1).map(size => size ?? width)]
        const results = await session.run({
          [network.inputs[0].name]: tensor(networkInputs(dataset, split, from, to), [to - from, ...inputShape]),
          [added.target]:
            target.dtype === 'int64' ? tensor(BigInt64Array.from(asked, BigInt), shape) : tensor(asked, shape),
          ...Object.fromEntries(weights),
        })
        sums.add({
          outputs: results[output].data as Float32Array,
          answers: asked,
          loss: Number(results[added.loss].data[0]),
          examples: to - from,
        })
        dead.forEach((value, at) => {
          const found = results[maximumName(value)].data as Float32Array
          maxima[at] = maxima[at]?.map((old, unit) => Math.max(old, found[unit])) ?? found.slice()
        })
      }
      const units = maxima.reduce((sum, values) => sum + values!.length, 0)
      const silent = maxima.reduce((sum, values) => sum + values!.filter(value => !(value > 0)).length, 0)
      return { ...sums.result(), ...(units && { deadUnits: silent / units }) }
    },
    release: () => session.release(),
  }
}

const LOSS_GRAPHS = {
  'cross-entropy': softmaxCrossEntropy,
  'binary-cross-entropy': binaryCrossEntropy,
  mse: meanSquaredError,
}

const maximumName = (value: string) => `${value}/maximum`

/** Values behind a ReLU with units along the second axis. */
function activeUnits(network: Network): string[] {
  return network.operators
    .filter(({ type, outputs }) => type === 'Relu' && (network.shapes.get(outputs[0])?.length ?? 0) >= 2)
    .map(({ outputs }) => outputs[0])
}

/** With the largest activation of each unit as further outputs. */
async function withMaxima(network: Network, values: readonly string[]): Promise<Network> {
  const draft = await openDraft(network, 'maximum')
  const made = values.map(value => {
    const axes = draft.shape(value)!.map((_, axis) => axis)
    return draft.op('ReduceMax', [value, draft.integers(axes.filter(axis => axis !== 1))], { keepdims: 0 })
  })
  const named = values.map(maximumName)
  const operators = draft.operators.map(operator => ({
    ...operator,
    outputs: operator.outputs.map(name => named[made.indexOf(name)] ?? name),
  }))
  const outputs = named.map(name => ({ name, dtype: 'float32' as const, shape: [null] }))
  return { ...network, operators, weights: draft.weights, outputs: [...network.outputs, ...outputs] }
}
