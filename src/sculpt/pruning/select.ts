/**
 * Which network of the grid counts: the sparsest of those that reach the accuracy asked for; of equally sparse ones the
 * one with fewer living units, then the first in the order of the grid. Where none reaches it, the most accurate one,
 * then the sparsest. All are kept, in this order, so that ties can be looked at.
 */
import { condense } from '../condense.ts'
import type { SculptedNetwork, SculptingRun } from '../sculpting.ts'

export function sparsestFirst(
  networks: readonly SculptedNetwork[],
  threshold: number,
): Pick<SculptingRun, 'networks' | 'tied' | 'solved'> {
  const ranked = networks
    .map((network, place) => {
      const solved = network.accuracy >= threshold
      const units = condense(network.network).alive.reduce((sum, alive) => sum + alive.length, 0)
      return { network, place, units, solved, edges: edges(network) }
    })
    .sort(
      (a, b) =>
        Number(b.solved) - Number(a.solved) ||
        (a.solved ? 0 : b.network.accuracy - a.network.accuracy) ||
        a.edges - b.edges ||
        a.units - b.units ||
        a.place - b.place,
    )
  const [first] = ranked
  const tied = ranked.filter(
    ({ solved, edges: count, network }) =>
      solved === first.solved && count === first.edges && (solved || network.accuracy === first.network.accuracy),
  ).length
  return { networks: ranked.map(({ network }) => network), tied, solved: first.solved }
}

function edges({ network }: SculptedNetwork): number {
  return network.edges.reduce((count, { weight }) => count + weight.length, 0)
}
