/**
 * Sculpting a truth table with one seed: a dense perceptron is trained, and from it, for each first step of the unit loop
 * and each of the edge loop, a network is pruned as far as it keeps the accuracy asked for (Neural Sculpting, arXiv
 * 2305.18402 §3). The sparsest is the one to look at.
 *
 * Paper protocol: the published loops to the letter, among them that the retraining between units and edges is not
 * checked, so that a network may be handed on that does not solve its task.
 */
import type { Kernels } from '../../kernels/kernels.ts'
import { type Random, randomStream } from '../../random.ts'
import type { TruthTable } from '../../tasks/truth-table.ts'
import { densePerceptron, type SparsePerceptron } from '../../training/sparse-perceptron.ts'
import { tableTrainer } from '../../training/table-trainer.ts'
import { tableAccuracy } from '../accuracy.ts'
import type { MaskedNetwork } from '../masked-network.ts'
import type { SculptedNetwork, SculptingRun } from '../sculpting.ts'
import { type Candidate, neededInputs, retrain, type Sculptor, sparsityOf, withoutDead } from './candidate.ts'
import { type SculptOptions, type SculptSettings, sculptSettings } from './options.ts'
import { pruneEdges, sparsityPercent } from './prune-edges.ts'
import { pruneUnits } from './prune-units.ts'
import { bestFirst } from './select.ts'

/** Streams of random numbers: what they are for. */
const INITIAL = 0
const TRAINING = 1

/**
 * @param seed — of initial weights, order of examples and noise.
 * @throws UsageError for an option out of range.
 */
export function sculptTable(kernels: Kernels, table: TruthTable, seed: number, options: SculptOptions): SculptingRun {
  const settings = sculptSettings(table, options)
  const sculptor: Sculptor = { trainer: tableTrainer(kernels, table), table, settings, needed: neededInputs(table) }
  const arch = [table.inputs, ...settings.hidden, table.outputs]
  const networks: SculptedNetwork[] = []
  for (let restart = 0; restart < settings.restarts; restart++) {
    const initial = densePerceptron(arch, randomStream(seed, INITIAL, restart))
    const dense = retrain(sculptor, initial, randomStream(seed, TRAINING, restart, 0))
    for (const [g, [unitStep, edgeSteps]] of gridOf(settings).entries())
      networks.push(...sculptColumn(sculptor, dense, unitStep, edgeSteps, streams(seed, restart, g + 1)))
  }
  return { seed, arch, ...bestFirst(networks, settings) }
}

/** Each first step of the unit loop, or none, with the edge loops that go on from it. */
function gridOf({ unitSteps, edgeSteps }: SculptSettings): readonly (readonly [number | null, readonly number[]])[] {
  return unitSteps.length > 0 ? unitSteps.map(step => [step, edgeSteps] as const) : [[null, edgeSteps]]
}

function sculptColumn(
  sculptor: Sculptor,
  dense: Candidate,
  unitStep: number | null,
  edgeSteps: readonly number[],
  random: () => Random,
): SculptedNetwork[] {
  const { settings, table } = sculptor
  const units = unitStep === null ? dense : pruneUnits(sculptor, dense, unitStep, random)
  const again = unitStep === null ? dense : retrain(sculptor, units.perceptron, random())
  const worse = again.accuracy < settings.threshold && settings.protocol !== 'paper'
  const from = worse ? units : again
  const start = sparsityPercent(units.perceptron)
  return edgeSteps.map(edgeStep => {
    const { perceptron } = pruneEdges(sculptor, from, start, edgeStep, random)
    const network = maskedNetwork(settings.protocol === 'paper' ? perceptron : withoutDead(perceptron))
    return { network, unitStep, edgeStep, sparsity: sparsityOf(perceptron), accuracy: tableAccuracy(network, table) }
  })
}

/** A new stream at every call: training number 0, 1, … of this column of the grid. */
function streams(seed: number, restart: number, column: number): () => Random {
  let calls = 0
  return () => randomStream(seed, TRAINING, restart, column, calls++)
}

export function maskedNetwork({ arch, layers }: SparsePerceptron): MaskedNetwork {
  return {
    arch,
    edges: layers.map(({ rowStart, sources, weights, biases }) => {
      const to = new Int32Array(sources.length)
      for (let u = 0; u < biases.length; u++) to.fill(u, rowStart[u], rowStart[u + 1])
      return { from: sources, to, weight: Float64Array.from(weights) }
    }),
    biases: layers.map(({ biases, rowStart }) =>
      Float64Array.from(biases, (bias, u) => (rowStart[u] < rowStart[u + 1] ? bias : 0)),
    ),
  }
}
