/** Golden vectors of the clusterability papers' code, computed in NumPy float64. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { WeightedGraph } from '../../src/graph/adjacency.ts'
import { fanInScales, rescale } from '../../src/graph/canonical.ts'
import { keepUnits } from '../../src/graph/isolated.ts'
import { type KernelNorm, kernelNorm } from '../../src/graph/kernel-norm.ts'
import { unitGraph } from '../../src/graph/walk.ts'
import { buildChain } from '../../src/network/build.ts'
import { weights } from './small-network.ts'

const FILE = '../shared/fixtures/clusterability/golden_vectors.json'
const golden = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : undefined

type Matrix = number[][]

// Skipped where the folder of fixtures is absent.
describe.skipIf(!golden)('golden vectors', () => {
  it.each([
    ['l1', 'entrywise_L1(PyTorch repo, paper text)'],
    ['l2', 'frobenius'],
    ['induced-1', 'numpy_norm_ord1_induced_max_column_sum(TF repo norm=1)'],
    ['spectral', 'numpy_norm_ord2_spectral(TF repo norm=2)'],
  ] as [KernelNorm, string][])('kernel norm %s to 1e-9', (norm, key) => {
    const kernel: Matrix[][] = golden.conv_norms.kernel_h_w_in_out
    const expected: Matrix = golden.conv_norms[key]
    expected.forEach((row, i) => {
      row.forEach((value, o) => {
        const slice = kernel.flatMap(line => line.map(entry => entry[i][o]))
        expect(Math.abs(kernelNorm(slice, 0, 9, 3, norm) - value)).toBeLessThan(1e-9)
      })
    })
  })

  it('fan-in scaling to 1e-9', () => {
    const { input_out_x_in: input, output_out_x_in: output } = golden.pytorch_normalize_weights_array
    const sizes = [input[0][0].length, ...input.map((matrix: Matrix) => matrix.length)]
    const graph: WeightedGraph = {
      layers: sizes.map(size => ({ size })),
      blocks: input.map((matrix: Matrix, l: number) => ({
        from: l,
        to: l + 1,
        edges: { kind: 'dense', values: Float64Array.from(matrix.flat(), Math.abs) },
      })),
    }
    const classes = Int32Array.from([0, 0, 0, 1, 2, 3, 4, 0, 0])
    rescale(graph, fanInScales(graph, classes))
    output.forEach((matrix: Matrix, l: number) => {
      matrix.flat().forEach((value, i) => {
        expect(Math.abs(graph.blocks[l].edges.values[i] - Math.abs(value))).toBeLessThan(1e-9)
      })
    })
  })

  it('isolated units: 9 kept by degree, 4 by spanning component', async () => {
    const given: Matrix[] = golden.isolated_components.weights_in_x_out
    const layers = given.map(matrix => {
      const [fanIn, out] = [matrix.length, matrix[0].length]
      const values = Array.from({ length: out * fanIn }, (_, at) => matrix[at % fanIn][Math.floor(at / fanIn)])
      return { kind: 'dense' as const, weight: weights([out, fanIn], values) }
    })
    const { graph } = await unitGraph(buildChain(layers, { input: [given[0].length] }), { canonical: 'none' })
    const kept = golden.isolated_components['tf_kept_mask(degree>0 only)'].map(Number)
    expect([...keepUnits(graph, 'degree').keep]).toEqual(kept)
    const deleted = golden.isolated_components['pytorch_isolation_indicator(1=deleted)']
    expect([...keepUnits(graph, 'component').keep]).toEqual(deleted.map((gone: number) => 1 - gone))
  })
})
