/**
 * The graph that is clustered and tested: masks, walk, canonical scales (walk.ts), choice of layers (select.ts), then
 * units left out (isolated.ts). Isolated units are judged among the layers chosen.
 */
import type { Network } from '../network/network.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type IsolatedRule, type KeptUnits, keepUnits } from './isolated.ts'
import { maskWeights } from './mask.ts'
import { selectUnits } from './select.ts'
import { type Subgraph, subgraph } from './subgraph.ts'
import type { UnitGraph } from './unit-graph.ts'
import { type GraphOptions, type GraphResult, unitGraph } from './walk.ts'

export interface PrepareOptions extends GraphOptions {
  /** Multipliers of weights by name, see `maskWeights`. */
  readonly masks?: ReadonlyMap<string, Tensor>
  /** Layers to keep, see `selectUnits`. Default: 'all'. */
  readonly units?: string
  /** Which units are left out, see `keepUnits`. Default: 'path'. */
  readonly isolated?: IsolatedRule
}

export interface PreparedGraph extends Pick<GraphResult, 'leftOut' | 'notes'> {
  /** All units of the chosen layers. */
  readonly graph: UnitGraph
  /** The units that are clustered. */
  readonly part: Subgraph
  readonly removed: KeptUnits['removed']
}

/** Throws as `unitGraph`, `maskWeights` and `selectUnits` do. */
export async function prepareGraph(network: Network, options: PrepareOptions = {}): Promise<PreparedGraph> {
  const { masks, units = 'all', isolated = 'path' } = options
  const walked = await unitGraph(masks ? maskWeights(network, masks) : network, options)
  const { graph } = selectUnits(walked.graph, units)
  const { keep, removed } = keepUnits(graph, isolated)
  return { graph, part: subgraph(graph, keep), removed, leftOut: walked.leftOut, notes: walked.notes }
}
