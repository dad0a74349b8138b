/**
 * A network made ready for training: the loss behind it, dropout masks where asked for, batch normalisation by the
 * statistics of the batch. Still a plain graph; what is random is an input (dropout masks are fed, one byte a value).
 *
 * Dropout (Srivastava et al. 2014, inverted): y = x · mask / (1 − rate).
 */
import { castTarget } from '../autodiff/draft.ts'
import { binaryCrossEntropy, meanSquaredError, softmaxCrossEntropy } from '../autodiff/losses.ts'
import { type Parameter, trainableParameters } from '../autodiff/parameters.ts'
import { UsageError } from '../errors.ts'
import { heldWeight } from '../network/build.ts'
import type { Network, Operator, ValueInfo } from '../network/network.ts'
import { tensor } from '../tensor/tensor.ts'
import { batchStatistics, type RunningStatistic } from './batch-statistics.ts'

export const LOSSES = ['cross-entropy', 'binary-cross-entropy', 'mse'] as const
export type Loss = (typeof LOSSES)[number]

/** A value that is dropped out, and the share of it that is set to zero. */
export interface DropoutSite {
  readonly value: string
  readonly rate: number
}

export interface ObjectiveOptions {
  readonly loss: Loss
  /** Labels per example: above 1, the output is heads × classes. Default: 1. */
  readonly heads?: number
  /** Default: none. */
  readonly dropout?: readonly DropoutSite[]
  /** Share of the running statistics of batch normalisation that a step keeps. Default: .9. */
  readonly statisticsMomentum?: number
  /** Whether the first axis counts networks that are trained as one. Default: false. */
  readonly replicas?: boolean
}

/** A byte per value of `of`, 0 or 1, to be fed at every step. */
interface MaskInput {
  readonly name: string
  readonly rate: number
  /** Of one example, without the batch. */
  readonly shape: readonly number[]
}

export interface Objective {
  readonly network: Network
  readonly parameters: readonly Parameter[]
  /** The scalar that is differentiated. */
  readonly loss: string
  /** Values reported for each step: the loss first, then the share of right answers where there is such a thing. */
  readonly reports: readonly ValueInfo[]
  readonly input: ValueInfo
  readonly target: ValueInfo
  readonly masks: readonly MaskInput[]
  readonly statistics: readonly RunningStatistic[]
  /** How many networks are trained as one, on the first axis of all values; undefined for a single one. */
  readonly replicas: number | undefined
}

/** @throws UsageError when the network has no parameters, several inputs, or no value that is to be dropped out */
export async function trainingObjective(network: Network, options: ObjectiveOptions): Promise<Objective> {
  const parameters = trainableParameters(network)
  if (parameters.length === 0)
    throw new UsageError('usage.network', `The network "${network.name}" has no weights that could be trained.`)
  if (network.inputs.length !== 1)
    throw new UsageError(
      'usage.network',
      `The network "${network.name}" has ${network.inputs.length} inputs; training feeds exactly one.`,
    )
  const statistics = batchStatistics(network, options.statisticsMomentum ?? 0.9)
  const dropped = withDropout(statistics.network, options.dropout ?? [])
  const judged = splitHeads(dropped.network, options.heads ?? 1)
  const { replicas = false } = options
  const added = await LOSS_GRAPHS[options.loss](judged, { output: judged.outputs.at(-1)!.name, replicas })
  const target = added.network.inputs.at(-1)!
  const right = rightAnswers(added.network, options.loss, judged.outputs.at(-1)!.name, target.name, replicas)
  const shape = replicas ? [judged.inputs[0].shape[0]] : []
  const report = (name: string): ValueInfo => ({ name, dtype: 'float32', shape })
  return {
    network: right ?? added.network,
    parameters,
    loss: added.loss,
    reports: [report(added.each), ...(right ? [report(RIGHT)] : [])],
    input: network.inputs[0],
    target,
    masks: dropped.masks,
    statistics: statistics.running,
    replicas: replicas ? (network.inputs[0].shape[0] ?? undefined) : undefined,
  }
}

const LOSS_GRAPHS = {
  'cross-entropy': softmaxCrossEntropy,
  'binary-cross-entropy': binaryCrossEntropy,
  mse: meanSquaredError,
}

const RIGHT = 'right'

function operator(type: string, inputs: string[], output: string, attributes: Operator['attributes'] = {}): Operator {
  return { name: output, type, domain: '', inputs, outputs: [output], attributes }
}

/** Masks behind the named values; whatever read a value reads it masked. */
function withDropout(
  network: Network,
  sites: readonly DropoutSite[],
): { readonly network: Network; readonly masks: readonly MaskInput[] } {
  const active = sites.filter(({ rate }) => rate > 0)
  if (active.length === 0) return { network, masks: [] }
  const masks: MaskInput[] = []
  const weights = new Map(network.weights)
  const replaced = new Map<string, string>()
  const added = new Map<string, Operator[]>()
  for (const { value, rate } of active) {
    const shape = network.shapes.get(value)?.slice(1)
    if (!shape?.every(size => size !== null))
      throw new UsageError(
        'usage.option',
        `"dropout" names "${value}", which is no value of known shape inside the network "${network.name}".`,
      )
    const [mask, kept, scale, masked] = ['mask', 'kept', 'scale', 'dropped'].map(part => `${value}/${part}`)
    masks.push({ name: mask, rate, shape })
    weights.set(scale, heldWeight(scale, tensor(Float32Array.of(1 / (1 - rate)), [])))
    replaced.set(value, masked)
    added.set(value, [
      operator('Cast', [mask], kept, { to: castTarget('float32') }),
      operator('Mul', [kept, scale], `${kept}/scaled`),
      operator('Mul', [value, `${kept}/scaled`], masked),
    ])
  }
  const operators = network.operators.flatMap(from => [
    { ...from, inputs: from.inputs.map(name => replaced.get(name) ?? name) },
    ...from.outputs.flatMap(name => added.get(name) ?? []),
  ])
  const inputs = masks.map(({ name, shape }): ValueInfo => ({ name, dtype: 'uint8', shape: [null, ...shape] }))
  const outputs = network.outputs.map(info => ({ ...info, name: replaced.get(info.name) ?? info.name }))
  return { network: { ...network, inputs: [...network.inputs, ...inputs], outputs, operators, weights }, masks }
}

/** The last output as [batch, heads, classes], where there are several heads. */
export function splitHeads(network: Network, heads: number): Network {
  if (heads === 1) return { ...network, outputs: network.outputs.slice(0, 1) }
  const [output] = network.outputs
  const width = output.shape.at(-1)!
  const shape = 'heads/shape'
  const weights = new Map(network.weights)
  weights.set(shape, heldWeight(shape, tensor(BigInt64Array.of(-1n, BigInt(heads), BigInt(width / heads)), [3])))
  return {
    ...network,
    weights,
    operators: [...network.operators, operator('Reshape', [output.name, shape], 'heads')],
    outputs: [{ ...output, name: 'heads', shape: [null, heads, width / heads] }],
  }
}

/** The network with the share of right answers; undefined for regression. */
function rightAnswers(
  network: Network,
  loss: Loss,
  output: string,
  target: string,
  replicas: boolean,
): Network | undefined {
  if (loss === 'mse') return undefined
  const weights = new Map(network.weights)
  const constant = (name: string, value: Float32Array | BigInt64Array, shape: readonly number[]) => {
    weights.set(name, heldWeight(name, tensor(value, shape)))
    return name
  }
  const threshold = Float32Array.of(bitThreshold(network, output))
  const compared =
    loss === 'cross-entropy'
      ? [
          operator('ArgMax', [output], `${RIGHT}/answer`, { axis: -1, keepdims: 0 }),
          operator('Equal', [`${RIGHT}/answer`, target], `${RIGHT}/equal`),
        ]
      : [
          operator('Greater', [output, constant(`${RIGHT}/threshold`, threshold, [])], `${RIGHT}/answer`),
          operator('Greater', [target, constant(`${RIGHT}/half`, Float32Array.of(0.5), [])], `${RIGHT}/asked`),
          operator('Equal', [`${RIGHT}/answer`, `${RIGHT}/asked`], `${RIGHT}/equal`),
        ]
  // With replicas the mean is taken over all axes but the first; answers have at most one axis per axis of the output.
  const rank = network.outputs.find(({ name }) => name === output)!.shape.length - (loss === 'cross-entropy' ? 1 : 0)
  const axes = Array.from({ length: rank }, (_, axis) => BigInt(axis)).slice(replicas ? 1 : 0)
  return {
    ...network,
    weights,
    operators: [
      ...network.operators,
      ...compared,
      operator('Cast', [`${RIGHT}/equal`], `${RIGHT}/counted`, { to: castTarget('float32') }),
      operator(
        'ReduceMean',
        [`${RIGHT}/counted`, constant(`${RIGHT}/axes`, BigInt64Array.from(axes), [axes.length])],
        RIGHT,
        { keepdims: 0 },
      ),
    ],
  }
}

/** What an output is compared with to make it a bit: ½ for what comes from a Sigmoid, 0 for a logit. */
export function bitThreshold(network: Network, output: string): number {
  let from = network.operators.find(({ outputs }) => outputs.includes(output))
  while (from?.type === 'Identity') {
    const [input] = from.inputs
    from = network.operators.find(({ outputs }) => outputs.includes(input))
  }
  return from?.type === 'Sigmoid' ? 0.5 : 0
}
