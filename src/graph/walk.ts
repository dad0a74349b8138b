/**
 * From network to unit graph, in this order: masks, walk (trace.ts), canonical scales (canonical.ts), rounding to
 * Float32, choice of units (select.ts). A unit is one output of a weight operator or one input of the network; an edge
 * is the norm of the weights between two units times what lies between them (batch norm, constant factors, depthwise
 * kernels). Biases never count.
 */
import type { Network } from '../network/network.ts'
import { withoutValues } from '../network/without-values.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { offsetsOf, type WeightedGraph } from './adjacency.ts'
import { balance } from './balanced-scales.ts'
import { type CanonicalForm, fanInScales, rescale } from './canonical.ts'
import { FIXED } from './gauge.ts'
import type { KernelNorm } from './kernel-norm.ts'
import { maskWeights } from './mask.ts'
import { type GraphForm, imagenetForm, paperDefaults } from './paper-form.ts'
import { operatorsBeforeWeights } from './reachable.ts'
import { selectUnits } from './select.ts'
import { storeBlock } from './store.ts'
import { trace } from './trace.ts'
import { transformerFor } from './transformer/choose.ts'
import { transformerGraph } from './transformer/transformer-graph.ts'
import type { UnitGraph, UnitLayer } from './unit-graph.ts'
import type { WalkState } from './walk-state.ts'

export interface GraphOptions {
  /** 'paper' takes the defaults of the papers' code for this network (paper-form.ts). Default: 'default'. */
  readonly protocol?: 'default' | 'paper'
  /** Weight of a kernel. Default: 'l1'; 'induced-1' by the paper protocol. */
  readonly norm?: KernelNorm
  /** Whether batch norm multiplies the weights after it. Default: true. */
  readonly batchNorm?: boolean
  /** How the free scales of hidden units are chosen. Default: 'balance'; 'none' by the paper protocol. */
  readonly canonical?: CanonicalForm
  /** Which units make the graph. Default: 'general'. */
  readonly form?: GraphForm
  /** Multiplied into the weights before all else, by weight name. */
  readonly masks?: ReadonlyMap<string, Tensor>
  /** Layers to keep, see `selectUnits`. Default: 'all'. */
  readonly units?: string
  /** Of transformers: edges reach at most so many steps of the residual stream ahead. Default: all. */
  readonly span?: number
}

export interface GraphResult {
  readonly graph: UnitGraph
  /** Operators the walk could not place and that stand before some weight, with the reason. */
  readonly leftOut: readonly { readonly name: string; readonly type: string; readonly reason: string }[]
  /** What the user should know about how the graph was made, as sentences. */
  readonly notes: readonly string[]
  readonly gauge: {
    readonly form: CanonicalForm
    /** Factor on each unit's incoming edges (and divisor of its outgoing ones): Float64Array [units]. */
    readonly scales: Float64Array
    /** Units of one class share their scale; class 0 keeps it. Int32Array [units]. */
    readonly classes: Int32Array
  }
}

/**
 * The unit graph of a network; of a transformer, heads and neurons on their residual stream (transformer-graph.ts).
 * @throws UnsupportedError `unsupported.not-finite` naming the first weight that is NaN or infinite
 */
export async function unitGraph(given: Network, options: GraphOptions = {}): Promise<GraphResult> {
  const network = options.masks ? maskWeights(given, options.masks) : given
  const transformer = await transformerFor(network, options)
  if (transformer) return transformerGraph(transformer, options)
  const defaults = options.protocol === 'paper' ? paperDefaults(network) : DEFAULTS
  const { norm, batchNorm, canonical, form } = { ...defaults, ...definedOnly(options) }
  const walk = async (withNorm: KernelNorm) => prune(await trace(network, { norm: withNorm, batchNorm }), form)
  const walked = await walk(norm)
  const notes = [...walked.notes]
  if (!network.activationsKnown && canonical !== 'none')
    notes.push(
      'The file does not say which activations it has; they are taken to be ReLU-like when scales are balanced.',
    )

  const scales = await canonicalScales(walked, canonical, notes, () => walk('l2'))
  const { layers, blocks } = walked.weighted
  rescale(walked.weighted, scales)
  const whole: UnitGraph = {
    layers: walked.layers,
    blocks: blocks.map(block => storeBlock(block, layers[block.to].size, layers[block.from].size)),
  }
  const { graph, layerOf } = selectUnits(whole, options.units ?? 'all')
  const offsets = offsetsOf(whole.layers)
  const kept = layerOf.flatMap(layer => Array.from({ length: whole.layers[layer].size }, (_, u) => offsets[layer] + u))
  const gauge = {
    form: canonical,
    scales: Float64Array.from(kept, u => scales[u]),
    classes: Int32Array.from(kept, u => walked.classes[u]),
  }
  return { graph, leftOut: walked.leftOut, notes, gauge }
}

const DEFAULTS = { norm: 'l1', batchNorm: true, canonical: 'balance', form: 'general' } as const

/** The layers of the graph and between which of them edges lie: known from shapes, without reading a large weight. */
export interface GraphOutline extends Pick<GraphResult, 'leftOut' | 'notes'> {
  readonly layers: readonly UnitLayer[]
  readonly blocks: readonly { readonly from: number; readonly to: number }[]
}

/** The outline of what `unitGraph` makes. */
export async function unitGraphOutline(network: Network, options: GraphOptions = {}): Promise<GraphOutline> {
  const defaults = options.protocol === 'paper' ? paperDefaults(network) : DEFAULTS
  const { norm, batchNorm, form } = { ...defaults, ...definedOnly(options) }
  const { layers, weighted, leftOut, notes } = prune(await trace(withoutValues(network), { norm, batchNorm }), form)
  const none = { kind: 'dense', values: new Float32Array(0) } as const
  const blocks = weighted.blocks.map(({ from, to }) => ({ from, to, edges: none }))
  const { graph } = selectUnits({ layers, blocks }, options.units ?? 'all')
  return { layers: graph.layers, blocks: graph.blocks.map(({ from, to }) => ({ from, to })), leftOut, notes }
}

function definedOnly<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}

/** A finished walk: layers with edges only, in order. */
interface Walked {
  readonly layers: readonly UnitLayer[]
  readonly weighted: WeightedGraph
  readonly classes: Int32Array
  readonly leftOut: GraphResult['leftOut']
  readonly notes: readonly string[]
}

async function canonicalScales(
  walked: Walked,
  form: CanonicalForm,
  notes: string[],
  withL2: () => Promise<Walked>,
): Promise<Float64Array> {
  if (form === 'none') return new Float64Array(walked.classes.length).fill(1)
  if (form === 'fan-in') return fanInScales((await withL2()).weighted, walked.classes)
  const { scales, sweeps, converged } = balance(walked.weighted, walked.classes)
  if (!converged) notes.push(`The scales of the units were still moving after ${sweeps} rounds of balancing.`)
  return scales
}

/** The walk in the form asked for. */
function prune(state: WalkState, form: GraphForm): Walked {
  const walked = withEdges(state)
  if (form === 'imagenet') {
    const { layers, weighted } = imagenetForm(state)
    // Scales belong to outputs of operators; in this form they have no unit to stand for them.
    return { ...walked, layers, weighted, classes: new Int32Array(offsetsOf(layers)[layers.length]).fill(FIXED) }
  }
  return form === 'outputs' ? convolutionsOnly(walked) : walked
}

/** The papers' small graphs: of a network with convolutions, their output channels alone. */
function convolutionsOnly(walked: Walked): Walked {
  const isConv = ({ kind, role }: UnitLayer) => kind === 'channel' && role !== 'input'
  if (!walked.layers.some(isConv)) return walked
  const names = walked.layers.flatMap((layer, at) => (isConv(layer) ? [at] : []))
  const place = new Map(names.map((layer, at) => [layer, at]))
  const layers = names.map((layer, at) => ({ ...walked.layers[layer], role: roleInChain(at, names.length) }))
  const blocks = walked.weighted.blocks.flatMap(block => {
    const [from, to] = [place.get(block.from), place.get(block.to)]
    return from === undefined || to === undefined ? [] : [{ ...block, from, to }]
  })
  const offsets = offsetsOf(walked.layers)
  const classes = Int32Array.from(
    names.flatMap((layer, at) =>
      Array.from(walked.classes.subarray(offsets[layer], offsets[layer + 1]), own =>
        layers[at].role === 'hidden' ? own : FIXED,
      ),
    ),
  )
  return { ...walked, layers, weighted: { layers, blocks }, classes }
}

function roleInChain(at: number, length: number): UnitLayer['role'] {
  return at === 0 ? 'input' : at === length - 1 ? 'output' : 'hidden'
}

/** Drops layers without edges, says so, and gives the rest their roles. */
function withEdges(state: WalkState): Walked {
  const blocks = Array.from(state.blocks, ([key, values]) => {
    const [from, to] = key.split(',').map(Number)
    return { from, to, edges: { kind: 'dense' as const, values } }
  })
  const linked = new Set(blocks.flatMap(block => [block.from, block.to]))
  const kept = state.layers.map((_, layer) => layer).filter(layer => linked.has(layer))
  const place = new Map(kept.map((layer, at) => [layer, at]))
  const before = operatorsBeforeWeights(state.network)
  const leftOut = state.leftOut.filter(({ name }) => before.has(name))
  const notes: string[] = []
  for (const layer of state.layers.filter((_, l) => !linked.has(l))) {
    const reason = 'it reads from and feeds only operators that could not be placed'
    if (layer.operator) leftOut.push({ name: layer.name, type: layer.operator, reason })
    else notes.push(`The input "${layer.name}" reaches no weights and is left out.`)
  }
  const layers = kept.map(layer => {
    const { name, size, kind, operator } = state.layers[layer]
    const role = operator === undefined ? 'input' : before.has(name) ? 'hidden' : 'output'
    return { name, size, kind, role } as const
  })
  const offsets = offsetsOf(layers)
  const classes = new Int32Array(offsets[layers.length])
  kept.forEach((layer, at) => {
    const own = state.layers[layer].gauge.map(state.gauge.find)
    classes.set(layers[at].role === 'output' ? own.fill(FIXED) : own, offsets[at])
  })
  const moved = blocks.map(block => ({
    ...block,
    from: place.get(block.from) as number,
    to: place.get(block.to) as number,
  }))
  moved.sort((a, b) => a.to - b.to || a.from - b.from)
  return { layers, weighted: { layers, blocks: moved }, classes, leftOut, notes }
}
