/**
 * The papers' own graphs, for `--protocol paper` (their code, dfilan/clusterability_in_neural_networks).
 * - `outputs`: perceptrons whole; of convolutional networks only the convolutions' output channels and the kernels
 *   between them: the image, the first kernel and all dense layers are left out, batch norm is ignored.
 * - `imagenet`: the units are the *inputs* of each convolution, so a tensor that two convolutions read counts twice; a
 *   convolution's kernel stands between its inputs and the inputs of every convolution reached next; a concatenated
 *   input is split into one layer for each operand; the inputs of the first dense layer close the graph; the image is
 *   left out. Batch norm counts here. Departure: the absolute value is taken after batch norm too, since n-cut needs
 *   non-negative weights (the code let negative γ make negative edges).
 */
import { UsageError } from '../errors.ts'
import { type Network, numberAttribute } from '../network/network.ts'
import type { WeightedBlock, WeightedGraph } from './adjacency.ts'
import type { CanonicalForm } from './canonical.ts'
import type { IsolatedRule } from './isolated.ts'
import type { KernelNorm } from './kernel-norm.ts'
import type { UnitLayer } from './unit-graph.ts'
import type { Reading, WalkState } from './walk-state.ts'

export type GraphForm = 'general' | 'outputs' | 'imagenet'

export interface PaperDefaults {
  readonly form: GraphForm
  readonly norm: KernelNorm
  readonly batchNorm: boolean
  readonly canonical: CanonicalForm
  readonly isolated: IsolatedRule
}

/** What the papers' code does with this network: the ImageNet form where paths join, else chains of outputs. */
export function paperDefaults(network: Network): PaperDefaults {
  const computed = new Set(network.operators.flatMap(operator => operator.outputs))
  const joins = network.operators.some(
    ({ type, inputs }) =>
      ['Add', 'Sum', 'Concat'].includes(type) && inputs.filter(name => computed.has(name)).length > 1,
  )
  const depthwise = network.operators.some(
    operator => operator.type === 'Conv' && numberAttribute(operator, 'group', 1) > 1,
  )
  const imagenet = joins || depthwise
  return {
    form: imagenet ? 'imagenet' : 'outputs',
    norm: 'induced-1',
    batchNorm: imagenet,
    canonical: 'none',
    isolated: 'degree',
  }
}

/** A layer of inputs: a run of the indices that one operator reads, all fed by the same operands. */
interface InputRun {
  readonly reading: Reading
  readonly start: number
  readonly size: number
  readonly layer: UnitLayer
}

/** The ImageNet form of a finished walk. Throws a UsageError when the network has no convolutions to link. */
export function imagenetForm(state: WalkState): { layers: readonly UnitLayer[]; weighted: WeightedGraph } {
  const isConv = (layer: number) => state.layers[layer].kind === 'channel' && state.layers[layer].operator !== undefined
  const wanted = state.readings.filter(
    ({ layer, sources }) => isConv(layer) || sources.some(source => isConv(source.layer)),
  )
  const runs = wanted.flatMap(reading => inputRuns(reading, state, isConv(reading.layer)))
  const runsOf = new Map<number, InputRun[]>()
  for (const run of runs) runsOf.set(run.reading.layer, [...(runsOf.get(run.reading.layer) ?? []), run])

  const blocks = new Map<string, WeightedBlock & { edges: { values: Float64Array } }>()
  for (const [to, run] of runs.entries()) {
    for (const source of run.reading.sources) {
      for (const feeder of isConv(source.layer) ? (runsOf.get(source.layer) ?? []) : []) {
        addEdges(blocks, runs.indexOf(feeder), to, feeder, run, source)
      }
    }
  }
  const linked = new Set([...blocks.values()].flatMap(({ from, to }) => [from, to]))
  const kept = runs.map((_, at) => at).filter(at => linked.has(at))
  if (kept.length === 0)
    throw new UsageError(
      'usage.form',
      'The ImageNet form needs two convolutions in a row; use the general form instead.',
    )
  const layers = kept.map(at => runs[at].layer)
  const moved = Array.from(blocks.values(), block => ({
    ...block,
    from: kept.indexOf(block.from),
    to: kept.indexOf(block.to),
  }))
  moved.sort((a, b) => a.to - b.to || a.from - b.from)
  const entered = new Set(moved.map(block => block.to))
  const withRoles = layers.map((layer, at): UnitLayer => (entered.has(at) ? layer : { ...layer, role: 'input' }))
  return { layers: withRoles, weighted: { layers: withRoles, blocks: moved } }
}

/** Splits what an operator reads where the set of operands changes; what comes straight from the image is dropped. */
function inputRuns(reading: Reading, state: WalkState, hidden: boolean): InputRun[] {
  const indices = reading.sources[0]?.units.length ?? 0
  const operands = (index: number) =>
    reading.sources
      .flatMap(({ layer, units }) => (units[index] >= 0 && state.layers[layer].operator ? [layer] : []))
      .join()
  const borders = [0]
  for (let i = 1; i < indices; i++) if (operands(i) !== operands(i - 1)) borders.push(i)
  borders.push(indices)
  const { name } = state.layers[reading.layer]
  return borders.slice(1).flatMap((end, at): InputRun[] => {
    const start = borders[at]
    if (operands(start) === '') return []
    const size = end - start
    const label = borders.length > 2 ? `into ${name} [${start}–${end - 1}]` : `into ${name}`
    return [{ reading, start, size, layer: { name: label, size, role: hidden ? 'hidden' : 'output', kind: 'channel' } }]
  })
}

function addEdges(
  blocks: Map<string, WeightedBlock & { edges: { values: Float64Array } }>,
  from: number,
  to: number,
  feeder: InputRun,
  run: InputRun,
  source: Reading['sources'][number],
): void {
  const key = `${from},${to}`
  const fresh = { from, to, edges: { kind: 'dense' as const, values: new Float64Array(run.size * feeder.size) } }
  const { values } = (blocks.get(key) ?? fresh).edges
  const { matrix, sources } = feeder.reading
  const columns = matrix.length === 0 ? 0 : sources[0].units.length
  let touched = false
  for (let i = 0; i < run.size; i++) {
    const unit = source.units[run.start + i]
    if (unit < 0) continue
    touched = true
    const gain = source.gains[run.start + i]
    for (let q = 0; q < feeder.size; q++)
      values[i * feeder.size + q] += matrix[unit * columns + feeder.start + q] * gain
  }
  if (touched && !blocks.has(key)) blocks.set(key, fresh)
}
