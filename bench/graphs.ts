/** The graphs the benchmarks run on: |Glorot| weights, dense or with only the largest tenth of each block kept. */
import type { EdgeBlock, UnitGraph } from '../src/graph/unit-graph.ts'
import { randomStream } from '../src/random.ts'

export const MLP = [784, 256, 256, 256, 256, 10]
export const VGG = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]

/** A chain of dense layers; `density` below 1 keeps that share of each block, the largest weights. */
export function chain(sizes: readonly number[], density: number, seed: number): UnitGraph {
  const layers = sizes.map((size, l) => ({
    name: `layer ${l}`,
    size,
    role: l === 0 ? ('input' as const) : l === sizes.length - 1 ? ('output' as const) : ('hidden' as const),
    kind: 'neuron' as const,
  }))
  const blocks = sizes.slice(1).map((rows, l): EdgeBlock => {
    const columns = sizes[l]
    const random = randomStream(seed, l)
    const bound = Math.sqrt(6 / (rows + columns))
    const values = Float32Array.from({ length: rows * columns }, () => random.uniform() * bound)
    return {
      from: l,
      to: l + 1,
      edges: density < 1 ? pruned(values, rows, columns, density) : { kind: 'dense', values },
    }
  })
  return { layers, blocks }
}

function pruned(values: Float32Array, rows: number, columns: number, density: number) {
  const threshold = values.toSorted()[Math.round(values.length * (1 - density))]
  const rowStart = new Int32Array(rows + 1)
  const kept: number[] = []
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) if (values[r * columns + c] >= threshold) kept.push(r * columns + c)
    rowStart[r + 1] = kept.length
  }
  return {
    kind: 'sparse' as const,
    rowStart,
    columns: Int32Array.from(kept, at => at % columns),
    values: Float32Array.from(kept, at => values[at]),
  }
}
