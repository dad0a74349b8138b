/**
 * The graph that is clustered and tested: masks, walk, canonical scales, choice of layers (walk.ts), or the unrolled
 * convolutions (unroll.ts) or the heads and neurons of a transformer (transformer/) instead; then units left out (isolated.ts), judged among the layers chosen; then the affinity
 * (commute.ts).
 */
import { UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import { commuteAffinity } from './commute.ts'
import { DEAD_BELOW, type IsolatedRule, type KeptUnits, keepUnits } from './isolated.ts'
import { maskWeights } from './mask.ts'
import { type GraphForm, paperDefaults } from './paper-form.ts'
import { selectUnits } from './select.ts'
import { type Subgraph, subgraph } from './subgraph.ts'
import { transformerFor } from './transformer/choose.ts'
import { transformerGraph } from './transformer/transformer-graph.ts'
import type { UnitGraph } from './unit-graph.ts'
import { type PoolingWeights, unrolledGraph } from './unroll.ts'
import { type GraphOptions, type GraphResult, unitGraph } from './walk.ts'

export interface PrepareOptions extends Omit<GraphOptions, 'form'> {
  /**
   * Which units make the graph; `unrolled`: every pixel of every channel. Default: 'general', or the protocol's; of
   * transformers heads and neurons.
   */
  readonly form?: GraphForm | 'unrolled'
  /** How pooling counts in the unrolled form. Default: 'one-on-n'. */
  readonly pooling?: PoolingWeights
  /** Which units are left out, see `keepUnits`. Default: 'path', or the protocol's. */
  readonly isolated?: IsolatedRule
  /** Share of its layer's mean weight below which a unit counts as dead. Default: 0.001; paper protocol: 0, none. */
  readonly dead?: number
  /** Edges as the weights give them, or inverse commute times. Default: 'weights'. */
  readonly affinity?: 'weights' | 'commute'
}

export interface PreparedGraph extends Pick<GraphResult, 'leftOut' | 'notes'> {
  /** All units of the chosen layers. */
  readonly graph: UnitGraph
  /** The units that are clustered, with the affinity. */
  readonly part: Subgraph
  readonly removed: KeptUnits['removed']
  /** Every option as it was used, defaults included; masks by name. */
  readonly parameters: Readonly<Record<string, unknown>>
}

const DEFAULTS = { norm: 'l1', batchNorm: true, canonical: 'balance', form: 'general', isolated: 'path' } as const

/** Throws as `unitGraph`, `unrolledGraph`, `maskWeights`, `selectUnits` and `commuteAffinity` do. */
export async function prepareGraph(given: Network, options: PrepareOptions = {}): Promise<PreparedGraph> {
  const { masks, units = 'all', protocol = 'default', affinity = 'weights', pooling = 'one-on-n' } = options
  const network = masks ? maskWeights(given, masks) : given
  const defaults = protocol === 'paper' ? paperDefaults(network) : DEFAULTS
  const { norm = defaults.norm, canonical = defaults.canonical, batchNorm = defaults.batchNorm } = options
  const { form = defaults.form, isolated = defaults.isolated } = options
  const transformer = await transformerFor(network, options)
  const { span } = options
  const { graph, leftOut, notes } = transformer
    ? await transformerGraph(transformer, { canonical, units, span })
    : form === 'unrolled'
      ? { graph: selectUnits(await unrolledGraph(network, pooling), units).graph, leftOut: [], notes: [] }
      : await unitGraph(network, { norm, canonical, batchNorm, form, units })
  const formed = transformer
    ? { form: 'transformer', canonical, span: span ?? 'all' }
    : { form, ...(form === 'unrolled' ? { pooling } : { norm, canonical, batchNorm }) }
  const { dead = protocol === 'paper' ? 0 : DEAD_BELOW } = options
  return {
    graph,
    ...clusteredPart(graph, { isolated, dead, affinity }),
    leftOut,
    notes,
    parameters: {
      protocol,
      ...formed,
      units,
      isolated,
      dead,
      affinity,
      masks: [...(masks?.keys() ?? [])],
    },
  }
}

/**
 * The units that are clustered, and which were left out.
 * @throws UsageError for a share of weight that is none; as `commuteAffinity` does
 */
export function clusteredPart(
  graph: UnitGraph,
  { isolated, dead, affinity }: Required<Pick<PrepareOptions, 'isolated' | 'dead' | 'affinity'>>,
): Pick<PreparedGraph, 'part' | 'removed'> {
  if (!(dead >= 0 && dead < 1))
    throw new UsageError(
      'usage.dead',
      `The share of weight below which units are dead must lie from 0 to 1, not ${dead}.`,
    )
  const { keep, removed } = keepUnits(graph, isolated, dead)
  const kept = subgraph(graph, keep)
  return { part: affinity === 'commute' ? { ...kept, graph: commuteAffinity(kept.graph) } : kept, removed }
}
