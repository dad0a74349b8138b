/**
 * The blocks of a graph in kernel memory. Blocks of small graphs are copied in once and stay. Those of large graphs are copied in
 * each time they are visited and let go afterwards, so that no more than one lies there beside what is made of them:
 * otherwise such graphs would be held three times, by the caller, here, and packed for the eigensolver.
 */
import type { UnitGraph } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'

/** Graphs up to this size stay in kernel memory. */
export const RESIDENT_BYTES = 2 ** 24

/** Addresses: values, and for sparse blocks rowStart and columns too. */
interface PlacedEdges {
  readonly values: number
  readonly rowStart: number
  readonly columnIndex: number
}

export interface KernelBlock {
  readonly from: number
  readonly to: number
  readonly kind: 'dense' | 'sparse'
  readonly rows: number
  readonly columns: number
  /** Edges that are not left out of a sparse block; rows × columns of a dense one. */
  readonly count: number
  /** What is allocated in `use` may be gone after it, as the addresses are. */
  visit(use: (edges: PlacedEdges) => void): void
}

export function kernelBlocks(arena: Kernels['arena'], graph: UnitGraph): KernelBlock[] {
  const bytes = graph.blocks.reduce((sum, { edges }) => sum + edges.values.byteLength, 0)
  const place = ({ edges }: UnitGraph['blocks'][number]): PlacedEdges => ({
    values: arena.place(edges.values),
    rowStart: edges.kind === 'sparse' ? arena.place(edges.rowStart) : 0,
    columnIndex: edges.kind === 'sparse' ? arena.place(edges.columns) : 0,
  })
  return graph.blocks.map(block => {
    const resident = bytes <= RESIDENT_BYTES ? place(block) : undefined
    return {
      from: block.from,
      to: block.to,
      kind: block.edges.kind,
      rows: graph.layers[block.to].size,
      columns: graph.layers[block.from].size,
      count: block.edges.values.length,
      visit(use) {
        if (resident) return use(resident)
        const mark = arena.mark()
        try {
          use(place(block))
        } finally {
          arena.release(mark)
        }
      },
    }
  })
}
