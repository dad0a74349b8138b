/**
 * Losses, appended to a network as operators: one number, the mean over the batch, with the targets as a new input.
 *
 * - softmax cross-entropy, −Σ_c t_c ln softmax(z)_c, over the last axis;
 * - binary cross-entropy of logits, softplus(z) − t z, whose gradient sigmoid(z) − t is exact where exponentials overflow;
 * - mean squared error, (y − t)², as PyTorch and Keras have it: without a factor ½, over outputs as well as examples.
 *
 * With `replicas` the first axis counts networks that are trained as one: their losses are summed, so that the gradient
 * of each is as if it were alone, and are there one by one as a value of their own.
 */
import { UnsupportedError, UsageError } from '../errors.ts'
import type { Network, ValueInfo } from '../network/network.ts'
import type { DType } from '../tensor/tensor.ts'
import { castLike, type Draft, openDraft } from './draft.ts'

export interface LossOptions {
  /** The value that is judged. Default: the network's first output. */
  readonly output?: string
  /** Name of the new input. Default: `target`. */
  readonly target?: string
  /** Name of the loss. Default: `loss`. */
  readonly name?: string
  /** Whether the output's first axis counts replicas. Default: false. */
  readonly replicas?: boolean
}

export interface CrossEntropyOptions extends LossOptions {
  /** Class numbers (int64, the output's shape without its last axis), or a float per class. Default: 'index'. */
  readonly labels?: 'index' | 'one-hot'
}

export interface LossNetwork {
  /** With the target as an additional input and the loss as an additional output. */
  readonly network: Network
  readonly loss: string
  readonly target: string
  /** The loss of each replica, `loss:each` [replicas], an output too; the loss itself where there are none. */
  readonly each: string
}

/** Where a network ends in a Softmax, its input is what counts; else the output holds the logits. */
export async function softmaxCrossEntropy(network: Network, options: CrossEntropyOptions = {}): Promise<LossNetwork> {
  const judged = outputName(network, options)
  const { logits, axis } = beforeSoftmax(network, judged)
  const isIndex = (options.labels ?? 'index') === 'index'
  return withLoss(network, options, judged, isIndex ? 'int64' : undefined, (draft, target) => {
    const { op, integers } = draft
    const shape = draft.shape(logits)
    const classes = shape?.at(-1)
    if (axis !== -1 && axis !== (shape?.length ?? 0) - 1)
      throw new UnsupportedError(
        'unsupported.loss',
        `The classes of "${judged}" lie along axis ${axis}; they must be last.`,
      )
    if (typeof classes !== 'number')
      throw new UnsupportedError('unsupported.loss', `The number of classes in "${logits}" is not known.`)
    const numbers = integers(Array.from({ length: classes }, (_, index) => index))
    const oneHot = isIndex
      ? castLike(draft, op('Equal', [op('Unsqueeze', [target, integers([-1])]), numbers]), logits)
      : target
    const chosen = op('Mul', [op('LogSoftmax', [logits], { axis: -1 }), oneHot])
    return op('Neg', [op('ReduceSum', [chosen, integers([-1])], { keepdims: 0 })])
  })
}

/** Targets in [0, 1], of the output's shape. Where a network ends in a Sigmoid, its input is what counts. */
export async function binaryCrossEntropy(network: Network, options: LossOptions = {}): Promise<LossNetwork> {
  const judged = outputName(network, options)
  const last = producer(network, judged)
  const logits = last?.type === 'Sigmoid' ? last.inputs[0] : judged
  return withLoss(network, options, judged, undefined, ({ op }, target) =>
    op('Sub', [op('Softplus', [logits]), op('Mul', [logits, target])]),
  )
}

/** Targets of the output's shape. */
export async function meanSquaredError(network: Network, options: LossOptions = {}): Promise<LossNetwork> {
  const judged = outputName(network, options)
  return withLoss(network, options, judged, undefined, ({ op }, target) => {
    const gap = op('Sub', [judged, target])
    return op('Mul', [gap, gap])
  })
}

function outputName(network: Network, { output }: LossOptions): string {
  return output ?? network.outputs[0].name
}

/** The operator that makes a value, past those that pass it on. */
function producer(network: Network, value: string) {
  let from = network.operators.find(({ outputs }) => outputs.includes(value))
  while (from?.type === 'Identity') {
    const [input] = from.inputs
    from = network.operators.find(({ outputs }) => outputs.includes(input))
  }
  return from
}

function beforeSoftmax(network: Network, value: string): { logits: string; axis: number } {
  const last = producer(network, value)
  if (last?.type !== 'Softmax') return { logits: value, axis: -1 }
  const { axis } = last.attributes
  return { logits: last.inputs[0], axis: typeof axis === 'number' ? axis : -1 }
}

/** Adds the target, what `terms` makes of it and the output, and the mean of that. */
async function withLoss(
  network: Network,
  options: LossOptions,
  judged: string,
  targetType: DType | undefined,
  terms: (draft: Draft, target: string) => string,
): Promise<LossNetwork> {
  const [target, loss] = [options.target ?? 'target', options.name ?? 'loss']
  const before = await openDraft(network, loss)
  const shape = before.shape(judged)
  if (!shape)
    throw new UsageError('usage.value', `The network "${network.name}" has no output "${judged}" of known shape.`)
  for (const name of [target, loss])
    if (before.freshName(name) !== name || target === loss)
      throw new UsageError(
        'usage.value',
        `The network "${network.name}" has a value called "${name}" already: choose another name.`,
      )
  const open = shape.map(dim => (typeof dim === 'number' ? dim : null))
  const dtype = targetType ?? before.dtype(judged)
  const input: ValueInfo = { name: target, dtype, shape: targetType ? open.slice(0, -1) : open }
  const draft = await openDraft({ ...network, inputs: [...network.inputs, input] }, loss)
  const { op, integers } = draft
  const each = terms(draft, target)
  const rank = draft.shape(each)!.length
  const replicated = options.replicas ?? false
  const axes = Array.from({ length: rank }, (_, axis) => axis).slice(replicated ? 1 : 0)
  const means = op('ReduceMean', [each, integers(axes)], { keepdims: 0 })
  const total = replicated ? op('ReduceSum', [means, integers([0])], { keepdims: 0 }) : means
  const names = new Map([[total, loss]])
  if (replicated) names.set(means, eachName(loss))
  const rename = (value: string) => names.get(value) ?? value
  const operators = draft.operators.map(operator => ({
    ...operator,
    inputs: operator.inputs.map(rename),
    outputs: operator.outputs.map(rename),
  }))
  const outputs: ValueInfo[] = [{ name: loss, dtype: before.dtype(judged), shape: [] }]
  if (replicated) outputs.push({ name: eachName(loss), dtype: before.dtype(judged), shape: [open[0]] })
  return {
    network: {
      ...network,
      inputs: [...network.inputs, input],
      operators,
      weights: draft.weights,
      shapes: new Map(Array.from(draft.shapes(), ([name, known]) => [rename(name), known])),
      outputs: [...network.outputs, ...outputs],
    },
    loss,
    target,
    each: replicated ? eachName(loss) : loss,
  }
}

const eachName = (loss: string) => `${loss}:each`
