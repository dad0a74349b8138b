/**
 * The unit graph of activations (Quantifying Local Specialization, arXiv 2110.08058 §2; Clusterability in Neural Networks
 * §4): units are linked by the square of the correlation of their activations over a data set, across all layers or
 * within each. Spearman by default, as published. The diagonal is left out; dead units have no edges.
 *
 * Products run in the kernels: the same bits on every machine. Agrees with SciPy to 1e-6.
 */
import { UsageError } from '../errors.ts'
import { type Kernels, loadKernels } from '../kernels/kernels.ts'
import { type Correlation, type StandardisedRows, standardisedRows } from './standardised-rows.ts'
import type { EdgeBlock, UnitGraph, UnitLayer } from './unit-graph.ts'

export interface ActivationLayer extends UnitLayer {
  /** One number for each unit and example: [units × examples], row-major. */
  readonly values: Float32Array
}

export interface CorrelationOptions {
  /** Default: 'spearman'. */
  readonly correlation?: Correlation
  /** `global`: across all layers (default); `local`: within each layer alone. */
  readonly scope?: 'global' | 'local'
}

export interface CorrelationGraph {
  readonly graph: UnitGraph
  /** 1 for units whose activation varies, layer after layer: [units]. */
  readonly alive: Uint8Array
}

/** Examples Kendall's τ is taken over at most: it looks at all pairs of them. */
const MOST_PAIRED = 200
/** Ranks are sorted with their places in one number. */
const MOST_EXAMPLES = 2 ** 20

/** The graph of these activations. Throws as {@link correlationGraph} does. */
export async function activationGraph(
  layers: readonly ActivationLayer[],
  options: CorrelationOptions = {},
): Promise<CorrelationGraph> {
  return correlationGraph(await loadKernels(), layers, options)
}

/**
 * The same with kernels that are loaded.
 *
 * @throws UsageError where layers have different numbers of examples, or fewer than three.
 */
export function correlationGraph(
  kernels: Kernels,
  layers: readonly ActivationLayer[],
  options: CorrelationOptions = {},
): CorrelationGraph {
  const { correlation = 'spearman', scope = 'global' } = options
  checkLayers(layers, correlation)
  const rows = layers.map(({ values, size }) => standardisedRows(values, size, correlation))
  const pairs = layers.flatMap((_, to) =>
    layers.flatMap((_layer, from) => (from === to || (from < to && scope === 'global') ? [[from, to] as const] : [])),
  )
  const blocks = pairs.map(
    ([from, to]): EdgeBlock => ({
      from,
      to,
      edges: { kind: 'dense', values: squares(kernels, rows[to], rows[from], from === to) },
    }),
  )
  const alive = new Uint8Array(layers.reduce((sum, { size }) => sum + size, 0))
  let first = 0
  for (const { alive: own } of rows) {
    alive.set(own, first)
    first += own.length
  }
  return { graph: { layers: layers.map(({ values: _values, ...layer }) => layer), blocks }, alive }
}

function checkLayers(layers: readonly ActivationLayer[], correlation: Correlation): void {
  const examples = (layers[0]?.values.length ?? 0) / (layers[0]?.size ?? 1)
  for (const { name, size, values } of layers)
    if (values.length !== size * examples)
      throw new UsageError(
        'usage.activations',
        `Layer ${name} has ${values.length} activations for ${size} units; the other layers have ${examples} examples.`,
      )
  const most = correlation === 'kendall' ? MOST_PAIRED : MOST_EXAMPLES
  if (!(Number.isInteger(examples) && examples >= 3 && examples <= most))
    throw new UsageError(
      'usage.activations',
      `Correlations need 3 to ${most} examples${correlation === 'kendall' ? ' for Kendall’s τ, which compares all pairs' : ''}, not ${examples}; take a sample.`,
    )
}

/** Rows of `above` at a time in the kernels' memory. */
const PANEL = 384

/** [above × below] squared products; below the diagonal alone where both are the same. */
function squares(kernels: Kernels, above: StandardisedRows, below: StandardisedRows, lower: boolean): Float32Array {
  const { arena } = kernels
  const [height, width] = [above.alive.length, below.alive.length]
  const { stride } = above
  const out = new Float32Array(height * width)
  for (let r = 0; r < height; r += PANEL) {
    const rows = Math.min(PANEL, height - r)
    const mark = arena.mark()
    try {
      const x = arena.place(above.rows.subarray(r * stride, (r + rows) * stride))
      const sums = arena.raw(96)
      const limit = lower ? Math.min(width, r + rows) : width
      for (let c = 0; c < limit; c += PANEL) {
        const columns = Math.min(PANEL, limit - c)
        const inner = arena.mark()
        const y = arena.place(below.rows.subarray(c * stride, (c + columns) * stride))
        const tile = arena.zeroed(4 * rows * columns)
        // Within a block on the diagonal only products with earlier rows; beside it all.
        kernels.squaredProducts(x, rows, y, columns, stride, lower && c === r ? 1 : 0, 0, sums, tile, columns)
        const values = arena.f32(tile, rows * columns)
        for (let i = 0; i < rows; i++) out.set(values.subarray(i * columns, (i + 1) * columns), (r + i) * width + c)
        arena.release(inner)
      }
    } finally {
      arena.release(mark)
    }
  }
  return out
}
