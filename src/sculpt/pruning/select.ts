/**
 * Which network of a run counts: of those that reach the accuracy asked for the one of least cost, of equal cost (tied)
 * the one of least loss, then the first in the order of the grid. Where none reaches it: the most accurate, then the
 * cheapest. All are kept, in this order, so that ties can be looked at.
 *
 *   cost, default   edges + ¼ (edges between different modules): the sparsest network often saves an edge by mixing two
 *                   sub-functions; one that keeps its edges inside modules is the better account of a task
 *   cost, paper     edges (Neural Sculpting, arXiv 2305.18402: the sparsest), ties in the order of the grid
 */
import { detectModules } from '../detect.ts'
import { moduleEdges } from '../module-edges.ts'
import type { SculptedNetwork, SculptingRun } from '../sculpting.ts'
import type { SculptSettings } from './options.ts'

export function bestFirst(
  networks: readonly SculptedNetwork[],
  threshold: number,
  protocol: SculptSettings['protocol'],
): Pick<SculptingRun, 'networks' | 'tied' | 'solved'> {
  const ranked = networks
    .map((network, place) => {
      const solved = network.accuracy >= threshold
      return { network, place, solved, cost: networkCost(network, protocol) }
    })
    .sort(
      (a, b) =>
        Number(b.solved) - Number(a.solved) ||
        (a.solved ? 0 : b.network.accuracy - a.network.accuracy) ||
        a.cost - b.cost ||
        (protocol === 'paper' ? 0 : a.network.loss - b.network.loss) ||
        a.place - b.place,
    )
  const [first] = ranked
  const tied = ranked.filter(
    ({ solved, cost, network }) =>
      solved === first.solved && cost === first.cost && (solved || network.accuracy === first.network.accuracy),
  ).length
  return { networks: ranked.map(({ network }) => network), tied, solved: first.solved }
}

export function networkCost({ network }: SculptedNetwork, protocol: SculptSettings['protocol']): number {
  const edges = network.edges.reduce((count, { weight }) => count + weight.length, 0)
  if (protocol === 'paper') return edges
  const between = moduleEdges(network, detectModules(network)).reduce((sum, [, , count]) => sum + count, 0)
  return edges + between / 4
}
