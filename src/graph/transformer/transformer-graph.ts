/**
 * The unit graph of a transformer: heads and neurons, an edge from each to every later one through the residual stream
 * ("A Mathematical Framework for Transformer Circuits", 2021, virtual weights). The dimensions of the stream are no
 * units: turning it leaves the network as it was. Formulas, and why each is invariant: docs/transformers.md.
 */
import { ResourceError, UsageError } from '../../errors.ts'
import { rowProducts } from '../../linalg/row-products.ts'
import type { Transformer } from '../../network/transformer.ts'
import { offsetsOf } from '../adjacency.ts'
import type { CanonicalForm } from '../canonical.ts'
import { FIXED } from '../gauge.ts'
import { selectUnits } from '../select.ts'
import { storeBlock } from '../store.ts'
import type { EdgeBlock, UnitLayer } from '../unit-graph.ts'
import type { GraphOptions, GraphOutline, GraphResult } from '../walk.ts'
import { type Factors, inputFactors, outputFactors, partFactors, type UnitRows } from './factors.ts'
import { createStream, type Stream } from './stream.ts'

/** As in `GraphOptions`; edges are worked out only between the layers chosen. */
export type TransformerGraphOptions = Pick<GraphOptions, 'canonical' | 'units' | 'span'>

/** A unit layer at its place on the stream: −1 for inputs, the number of steps for the output. */
interface Station {
  readonly layer: UnitLayer
  readonly step: number
  factors(stream: Stream, form: CanonicalForm): Promise<Factors>
}

const MOST_EDGES = 2 ** 27

/** Measured: docs/transformers.md. */
const UNCALIBRATED =
  'All edges of a transformer come from one stream, which the null models shuffle away: up to 1 in 4 random transformers ' +
  'were called modular. Take such a verdict as a hint, and look at the effect (docs/transformers.md).'

/** The layers of the graph, without reading a weight. */
export function transformerLayers(transformer: Transformer): UnitLayer[] {
  return stationsOf(transformer).map(({ layer }) => layer)
}

/**
 * @throws ResourceError `resource.edges` when the graph would be too large to hold
 * @throws UsageError `usage.span`, and as `selectUnits`
 */
export async function transformerGraph(
  transformer: Transformer,
  { canonical = 'balance', units = 'all', span = Number.POSITIVE_INFINITY }: TransformerGraphOptions = {},
): Promise<GraphResult> {
  const { stations, pairs } = chosenStations(transformer, units, span)

  const stream = await createStream(transformer)
  const writers: (UnitRows | undefined)[] = []
  const blocks: EdgeBlock[] = []
  for (let to = 0; to < stations.length; to++) {
    const { step, factors } = stations[to]
    const { reads, writes } = await factors(stream, canonical)
    writers.push(writes)
    if (!reads) continue
    let rows = reads.rows
    let seenFrom = step
    // From near to far: behind a norm on the stream, a reader is another row.
    for (const from of pairs[to].toReversed()) {
      while (seenFrom > Math.max(0, stations[from].step)) rows = await stream.before(rows, --seenFrom)
      const source = writers[from]
      if (source) blocks.push({ from, to, edges: edgesOf({ ...reads, rows }, source, stream.width) })
    }
  }
  blocks.sort((a, b) => a.to - b.to || a.from - b.from)
  const layers = stations.map(({ layer }) => layer)
  const count = offsetsOf(layers)[layers.length]
  return {
    graph: { layers, blocks },
    leftOut: [],
    notes: [UNCALIBRATED],
    // What is free was settled in what units read and write; edges have no scale left to choose.
    gauge: { form: canonical, scales: new Float64Array(count).fill(1), classes: new Int32Array(count).fill(FIXED) },
  }
}

function stationsOf({ inputs, steps, output }: Transformer): Station[] {
  const stations: Station[] = inputs.map(input => ({
    layer: { name: input.name, size: input.units, role: 'input', kind: input.kind },
    step: -1,
    factors: stream => inputFactors(input, stream),
  }))
  steps.forEach(({ parts }, step) => {
    for (const part of parts) {
      const attends = part.kind === 'attention'
      const size = attends ? part.heads : part.experts.reduce((sum, { up }) => sum + up.rows, 0)
      stations.push({
        layer: { name: part.name, size, role: 'hidden', kind: attends ? 'head' : 'neuron' },
        step,
        factors: (stream, form) => partFactors(part, step, stream, form),
      })
    }
  })
  if (output.reads)
    stations.push({
      layer: { name: output.name, size: output.reads.rows, role: 'output', kind: 'neuron' },
      step: steps.length,
      factors: stream => outputFactors(output, steps.length, stream),
    })
  return stations
}

function checkSize(stations: readonly Station[], pairs: readonly (readonly number[])[]): void {
  const size = (at: number) => stations[at].layer.size
  const edges = pairs.reduce((sum, froms, to) => froms.reduce((inner, from) => inner + size(from) * size(to), sum), 0)
  if (edges <= MOST_EDGES) return
  throw new ResourceError(
    'resource.edges',
    `Between the ${stations.length} layers chosen lie ${edges} edges, more than the ${MOST_EDGES} that can be held. ` +
      'Choose fewer layers (--units 0-7), or edges that reach fewer steps ahead (--span 2).',
  )
}

/** The layers chosen, and for each those before it from which edges come. */
function chosenStations(transformer: Transformer, units: string, span: number) {
  if (!(span >= 1)) throw new UsageError('usage.span', `The span must be a positive number of steps, not ${span}.`)
  const all = stationsOf(transformer)
  const { layerOf } = selectUnits({ layers: all.map(({ layer }) => layer), blocks: [] }, units)
  const stations = layerOf.map(layer => all[layer])
  const pairs = stations.map(to =>
    stations.flatMap((from, at) => (from.step < to.step && to.step - from.step <= span ? [at] : [])),
  )
  checkSize(stations, pairs)
  return { stations, pairs }
}

/** The layers of the graph and between which of them edges lie, without reading a weight. Throws as `transformerGraph`. */
export function transformerOutline(
  transformer: Transformer,
  { units = 'all', span = Number.POSITIVE_INFINITY }: TransformerGraphOptions = {},
): GraphOutline {
  const { stations, pairs } = chosenStations(transformer, units, span)
  const blocks = pairs.flatMap((froms, to) => froms.map(from => ({ from, to })))
  return { layers: stations.map(({ layer }) => layer), blocks, leftOut: [], notes: [] }
}

/** Rows of the reader that are worked on at once. */
const TILE = 64

function edgesOf(reads: UnitRows, writes: UnitRows, width: number): EdgeBlock['edges'] {
  const [a, b] = [reads.perUnit, writes.perUnit]
  const rows = reads.rows.length / width / a
  const directions = writes.rows.length / width
  const columns = directions / b
  const values = new Float32Array(rows * columns)
  const tile = Math.max(1, Math.floor(TILE / a))
  const products = new Float64Array(tile * a * directions)
  for (let first = 0; first < rows; first += tile) {
    const count = Math.min(tile, rows - first)
    rowProducts(reads.rows, first * a, count * a, writes.rows, directions, width, products)
    for (let r = 0; r < count; r++)
      for (let c = 0; c < columns; c++) {
        let sum = 0
        for (let i = r * a; i < (r + 1) * a; i++)
          for (let j = c * b; j < (c + 1) * b; j++) {
            const product = products[i * directions + j]
            sum += product * product
          }
        values[(first + r) * columns + c] = Math.sqrt(sum)
      }
  }
  return storeBlock({ from: 0, to: 1, edges: { kind: 'dense', values } }, rows, columns).edges
}
