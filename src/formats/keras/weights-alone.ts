/**
 * `.h5` files that hold weights alone. Those of Keras 1 and 2 list their layers in order, those of Keras 3 do not; kernels
 * are always [in, out]. Where branches are concatenated, what reads what follows from the numbers
 * of channels.
 */
import { graphDraft } from '../../network/graph-draft.ts'
import type { Network, WeightTensor } from '../../network/network.ts'
import { permute } from '../../tensor/permute.ts'
import type { OpenOptions } from '../format.ts'
import type { ByteSource } from '../source.ts'
import { networkFromWeights } from '../weights.ts'
import type { LayerEntry } from '../weights-layers.ts'
import type { StoredLayer } from './stored-weights.ts'
import { derived } from './weights.ts'

const FORMAT = 'keras-h5'

/** @param isOrdered whether the layers stand in the order in which the network has them. */
export async function weightsAlone(
  source: ByteSource,
  layers: readonly StoredLayer[],
  isOrdered: boolean,
  version: string | undefined,
  options: OpenOptions,
): Promise<Network> {
  const tensors = layers.flatMap(({ weights }) => weights)
  const notes = version === undefined ? [] : [`Written by Keras ${version}.`]
  const isBranched = layers.some(({ name, weights }) => weights.length === 0 && /concat|merge/i.test(name))
  const branched = isBranched && options.layers === undefined ? branches(layers) : undefined
  if (branched) return { ...branched, name: source.name, notes: [...notes, ...branched.notes] }
  const entries = layers.map(entryOf)
  const isChain = isOrdered && !entries.includes(undefined)
  const listed = isChain ? { listed: entries.filter(entry => entry !== null) as LayerEntry[] } : {}
  return networkFromWeights({ source, format: FORMAT, tensors, notes, hints: { usual: 'in-out' }, ...listed }, options)
}

/** Null for a layer without weights, undefined for one that is no part of a plain chain. */
function entryOf({ name, weights }: StoredLayer): LayerEntry | null | undefined {
  if (weights.length === 0) return null
  const [first, second, ...more] = weights
  const rank = first.shape.length
  if (rank >= 2 && rank <= 5 && more.length === 0 && !/depthwise|separable|embedding/i.test(name)) {
    const bias = second && { bias: second.name }
    return second && second.shape.length !== 1
      ? undefined
      : { type: rank === 2 ? 'dense' : 'conv', name, weight: first.name, ...bias }
  }
  if (rank === 1 && weights.length === 4 && weights.every(({ shape }) => shape.length === 1)) {
    const [scale, shift, mean, variance] = weights.map(weight => weight.name)
    return { type: 'batchnorm', name, scale, shift, mean, variance, epsilon: 1e-3 }
  }
  return undefined
}

/** A value that flows, and how many channels it has. */
interface Flow {
  readonly name: string
  readonly channels: number
  isRead: boolean
}

/**
 * Convolutions in several branches: a layer reads the value before it where the channels fit, else all values that none
 * has read yet, side by side, where theirs add up, else the last value of that many channels.
 */
function branches(layers: readonly StoredLayer[]): Network | undefined {
  const convolutions = layers.filter(({ weights }) => weights.length > 0)
  const isKernel = ({ shape }: WeightTensor) => shape.length === 4
  const isSound = convolutions.every(
    ({ weights: [kernel, bias, more] }) => isKernel(kernel) && !more && (bias?.shape.length ?? 1) === 1,
  )
  if (!isSound || convolutions.length === 0) return undefined
  const [fanIn] = convolutions[0].weights[0].shape.slice(-2)
  const draft = graphDraft([{ name: 'input', dtype: 'float32', shape: [null, fanIn, null, null] }])
  const flows: Flow[] = [{ name: 'input', channels: fanIn, isRead: false }]
  let joins = 0
  const read = (channels: number): string | undefined => {
    const last = flows[flows.length - 1]
    const open = flows.filter(({ isRead }) => !isRead)
    const isSum = open.reduce((sum, flow) => sum + flow.channels, 0) === channels
    if (last.channels !== channels && isSum && open.length > 1) {
      for (const flow of open) flow.isRead = true
      const name = draft.op(
        `concat${++joins}`,
        'Concat',
        open.map(({ name }) => name),
        { axis: 1 },
      )
      flows.push({ name, channels, isRead: true })
      return name
    }
    const source = flows.findLast(flow => flow.channels === channels)
    if (source) source.isRead = true
    return source?.name
  }
  for (const { name, weights } of convolutions) {
    const [kernel, bias] = weights
    const [channels, filters] = kernel.shape.slice(-2)
    const from = read(channels)
    if (from === undefined || (bias && bias.shape[0] !== filters)) return undefined
    const turned = derived(kernel, kernel.name, [filters, channels, ...kernel.shape.slice(0, 2)], values =>
      permute(values, [3, 2, 0, 1]),
    )
    const inputs = [from, draft.weight(turned), ...(bias ? [draft.weight(bias)] : [])]
    const output = draft.op(name, 'Conv', inputs, { kernel_shape: kernel.shape.slice(0, 2), auto_pad: 'SAME_UPPER' })
    flows.push({ name: output, channels: filters, isRead: false })
  }
  const outputs = flows.filter(({ isRead }) => !isRead)
  const result =
    outputs.length > 1
      ? draft.op(
          `concat${++joins}`,
          'Concat',
          outputs.map(({ name }) => name),
          { axis: 1 },
        )
      : outputs[0].name
  return draft.finish([result], {
    name: '',
    source: { format: FORMAT },
    activationsKnown: false,
    notes: [
      `The file holds weights alone; what reads what follows from its list of layers and their channels: ${convolutions.length} convolutions, ${joins} concatenations.`,
      'The file does not say which activations, strides and pooling stand between the layers; none were put in.',
    ],
  })
}
