/**
 * From trained weights to the edges of the unit graph and back: edge = Σ scale · |w| · Π |γ_c| / √(σ²_c + ε) over the
 * elements w of the weights between two units (kernels by their entrywise L1 norm) and the batch norms behind them.
 * That is the graph of `unitGraph` without canonical scales; its gradient goes back by
 *   ∂/∂w = sign(w) · scale · Π factor · ∂/∂edge,   ∂/∂γ_c = sign(γ_c) / √(σ²_c + ε) · Σ scale · |w| · ∂/∂edge.
 * Running variances get no gradient. Which element belongs to which edge is read off the walk once; which channel of
 * which batch norm multiplies it by walks in which one batch norm's factors are its channel numbers.
 */
import { UnsupportedError } from '../errors.ts'
import { trace } from '../graph/trace.ts'
import { type GraphOptions, unitGraph } from '../graph/walk.ts'
import type { Reading, WalkState } from '../graph/walk-state.ts'
import { heldWeight } from '../network/build.ts'
import { type Network, numberAttribute, type Operator } from '../network/network.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'

export interface Wiring {
  /** Unit layers in graph order. */
  readonly layers: readonly { readonly name: string; readonly size: number }[]
  /** Dense blocks of edges [to × from] between layers. */
  readonly blocks: readonly WiredBlock[]
  /** Values that are read but may not be trained, by name: the batch norms' variances (and scales). */
  readonly stored: ReadonlyMap<string, Tensor>
}

interface WiredBlock {
  readonly from: number
  readonly to: number
  readonly contributions: readonly Contribution[]
}

/** One weight's part in the edges of a block. */
interface Contribution {
  readonly weight: string
  readonly scale: number
  /** Edge (row · columns + column) of each element of the weight; −1 for none. Int32Array [elements]. */
  readonly edges: Int32Array
  readonly norms: readonly NormFactor[]
}

interface NormFactor {
  readonly scale: string
  readonly variance: string
  readonly epsilon: number
  /** Channel that multiplies each element of the weight. Int32Array [elements]. */
  readonly channels: Int32Array
}

/** Values of a weight by its name. */
export type ReadValues = (name: string) => ArrayLike<number>

export type WiringOptions = Pick<GraphOptions, 'batchNorm' | 'form' | 'units'>

/**
 * Reads the wiring off a network.
 * @throws UnsupportedError `unsupported.penalty` where edges are no such sum: depthwise convolutions, constant factors,
 *   weights that are computed from others, dense layers reshaped to images
 */
export async function wire(network: Network, options: WiringOptions = {}): Promise<Wiring> {
  const { batchNorm = true, form = 'general', units = 'all' } = options
  if (form === 'imagenet') refuse('the ImageNet form of the graph has the same weight in several places')
  const { graph } = await unitGraph(network, { norm: 'l1', canonical: 'none', batchNorm, form, units })
  const state = await trace(network, { norm: 'l1', batchNorm: false })
  const place = new Map(graph.layers.map(({ name }, at) => [state.layers.findIndex(layer => layer.name === name), at]))
  checkReadings(state, place)
  const norms = batchNorm ? network.operators.filter(({ type }) => type === 'BatchNormalization') : []
  const probes: { operator: Operator; readings: readonly Reading[] }[] = []
  for (const operator of norms) probes.push({ operator, readings: (await probe(network, norms, operator)).readings })
  const blocks = new Map<string, { from: number; to: number; contributions: Contribution[] }>()
  state.readings.forEach((reading, r) => {
    const to = place.get(reading.layer)
    if (to === undefined || !reading.sources.some(({ layer }) => place.has(layer))) return
    if (!network.weights.has(reading.weight.name))
      refuse(`the weight "${reading.weight.name}" is computed from others and is not itself trained`)
    const cells = reading.weight.cells()
    reading.sources.forEach((source, s) => {
      const from = place.get(source.layer)
      if (from === undefined) return
      const block = blocks.get(`${from},${to}`) ?? { from, to, contributions: [] }
      blocks.set(`${from},${to}`, block)
      const indices = source.units.length
      const columns = state.layers[source.layer].size
      block.contributions.push({
        weight: reading.weight.name,
        scale: reading.weight.scale,
        edges: cells.map(cell => {
          const unit = source.units[cell % indices]
          return unit < 0 ? -1 : Math.floor(cell / indices) * columns + unit
        }),
        norms: probes.flatMap(({ operator, readings }) => {
          const gains = readings[r].sources[s].gains
          if (!gains.some((gain, i) => source.units[i] >= 0 && Math.round(gain) > 1)) return []
          const channels = cells.map(cell => Math.round(gains[cell % indices]) - FIRST_CODE)
          return [{ ...namesOf(operator), channels }]
        }),
      })
    })
  })
  const names = norms.flatMap(operator => [namesOf(operator).scale, namesOf(operator).variance])
  const stored = new Map<string, Tensor>()
  for (const name of names) stored.set(name, await readStored(network, name))
  return { layers: graph.layers, blocks: [...blocks.values()], stored }
}

/** The channel numbers of a probed batch norm begin here: 1 means "not multiplied". */
const FIRST_CODE = 2

/** Walks with all batch norms transparent but one, which multiplies channel c by c + 2. */
async function probe(network: Network, norms: readonly Operator[], probed: Operator): Promise<WalkState> {
  const weights = new Map(network.weights)
  for (const operator of norms) {
    const { scale, variance, epsilon } = namesOf(operator)
    const { data, shape } = await readStored(network, variance)
    const values = Float64Array.from(data as ArrayLike<number>, (value, c) => {
      return (operator === probed ? c + FIRST_CODE : 1) * Math.sqrt(Number(value) + epsilon)
    })
    // A copy for each batch norm, in case two share their scales.
    weights.set(`${operator.name} ${scale}`, heldWeight(scale, tensor(values, shape)))
  }
  const operators = network.operators.map(operator =>
    norms.includes(operator)
      ? { ...operator, inputs: operator.inputs.with(1, `${operator.name} ${operator.inputs[1]}`) }
      : operator,
  )
  return trace({ ...network, operators, weights }, { norm: 'l1', batchNorm: true })
}

function namesOf({ inputs, ...operator }: Operator) {
  const epsilon = numberAttribute({ inputs, ...operator }, 'epsilon', 1e-5)
  return { scale: inputs[1], variance: inputs[4], epsilon }
}

async function readStored(network: Network, name: string): Promise<Tensor> {
  const weight = network.weights.get(name)
  return weight ? weight.read() : refuse(`the batch norm's "${name}" is not one of the network's weights`)
}

/** Every block that is wanted must be a plain sum over what its operators read. */
function checkReadings(state: WalkState, place: ReadonlyMap<number, number>): void {
  const read = new Set<string>()
  for (const { layer, sources } of state.readings) {
    for (const source of sources) {
      read.add(`${source.layer},${layer}`)
      if (!place.has(layer) || !place.has(source.layer)) continue
      if (source.gains.some((gain, i) => source.units[i] >= 0 && gain !== 1))
        refuse(`a depthwise convolution or a constant factor stands before "${state.layers[layer].name}"`)
    }
  }
  for (const key of state.blocks.keys()) {
    const [from, to] = key.split(',').map(Number)
    if (place.has(from) && place.has(to) && !read.has(key))
      refuse(`"${state.layers[to].name}" reads units at single positions of an image`)
  }
}

function refuse(reason: string): never {
  throw new UnsupportedError(
    'unsupported.penalty',
    `The clusterability penalty cannot be used on this network: ${reason}. Leave that part out with the option "units".`,
  )
}

/** The edges of every block: Float64Array [to × from] each. */
export function edgesOf(wiring: Wiring, read: ReadValues): Float64Array[] {
  return wiring.blocks.map(({ from, to, contributions }) => {
    const edges = new Float64Array(wiring.layers[to].size * wiring.layers[from].size)
    for (const contribution of contributions) {
      const values = read(contribution.weight)
      const factors = factorsOf(contribution, read)
      contribution.edges.forEach((edge, e) => {
        if (edge < 0) return
        let value = contribution.scale * Math.abs(values[e])
        for (const { channels, factor } of factors) value *= factor[channels[e]]
        edges[edge] += value
      })
    }
    return edges
  })
}

/**
 * Gradients by weight from those by edge.
 * @param byEdge of each block, [to × from]
 * @param add receives each weight's name, element and share; several shares of one element add up
 */
export function pullBack(
  wiring: Wiring,
  byEdge: readonly ArrayLike<number>[],
  read: ReadValues,
  add: (weight: string) => Float64Array,
): void {
  wiring.blocks.forEach(({ contributions }, b) => {
    const gradient = byEdge[b]
    for (const contribution of contributions) {
      const values = read(contribution.weight)
      const factors = factorsOf(contribution, read)
      const own = add(contribution.weight)
      contribution.edges.forEach((edge, e) => {
        if (edge < 0 || values[e] === 0) return
        let product = contribution.scale
        for (const { channels, factor } of factors) product *= factor[channels[e]]
        own[e] += (values[e] < 0 ? -product : product) * gradient[edge]
      })
      for (const one of factors) pullBackScale(contribution, one, factors, values, gradient, add)
    }
  })
}

type Factors = ReturnType<typeof factorsOf>

/** The share of one batch norm's scales: what multiplies |γ_c|, all others as they are. */
function pullBackScale(
  contribution: Contribution,
  one: Factors[number],
  factors: Factors,
  values: ArrayLike<number>,
  gradient: ArrayLike<number>,
  add: (weight: string) => Float64Array,
): void {
  const own = add(one.scale)
  contribution.edges.forEach((edge, e) => {
    if (edge < 0) return
    const channel = one.channels[e]
    let product = contribution.scale * Math.abs(values[e]) * one.slope[channel]
    for (const other of factors) if (other !== one) product *= other.factor[other.channels[e]]
    own[channel] += product * gradient[edge]
  })
}

/** |γ| / √(σ² + ε) and its derivative by γ, for each batch norm of a contribution. */
function factorsOf({ norms }: Contribution, read: ReadValues) {
  return norms.map(({ scale, variance, epsilon, channels }) => {
    const gamma = read(scale)
    const spread = Float64Array.from(read(variance), value => 1 / Math.sqrt(value + epsilon))
    const slope = spread.map((value, c) => (gamma[c] > 0 ? value : gamma[c] < 0 ? -value : 0))
    return { scale, channels, slope, factor: slope.map((value, c) => value * gamma[c]) }
  })
}
