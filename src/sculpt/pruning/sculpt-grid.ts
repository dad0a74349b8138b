/**
 * A grid of networks: a dense perceptron is trained (or given), and from it, for each first step of the unit loop and
 * each of the edge loop, a network is pruned as far as it keeps the accuracy asked for (Neural Sculpting, arXiv
 * 2305.18402 §3).
 *
 * Paper protocol: the published loops to the letter, among them that the retraining between units and edges is not
 * checked, so that a network may be handed on that does not solve its task.
 */
import type { Kernels } from '../../kernels/kernels.ts'
import type { Random } from '../../random.ts'
import { perceptronTrainer } from '../../training/perceptron-trainer.ts'
import { densePerceptron, type SparsePerceptron } from '../../training/sparse-perceptron.ts'
import type { MaskedNetwork } from '../masked-network.ts'
import type { SculptedNetwork } from '../sculpting.ts'
import { type Candidate, retrain, type Sculptor, sparsityOf, withoutDead } from './candidate.ts'
import type { Material } from './material.ts'
import type { SculptSettings } from './options.ts'
import { pruneEdges, sparsityPercent } from './prune-edges.ts'
import { pruneUnits } from './prune-units.ts'

/** Streams of random numbers: what they are for. */
const INITIAL = 0
const TRAINING = 1

/**
 * @param random — the stream of random numbers at a path.
 * @param given — a trained network to begin from, instead of dense ones with random weights.
 * @param solvedAlone — leave out dense networks that do not reach the accuracy asked for before they are pruned. (Most of
 *   those never do, and what they lose they lose edge by edge.)
 * @returns all networks in the order of the grid, and the accuracy that they were to keep.
 */
export function sculptGrid(
  kernels: Kernels,
  { train, validation, needed }: Material,
  settings: SculptSettings,
  random: (...path: readonly number[]) => Random,
  { given, solvedAlone = false }: { readonly given?: SparsePerceptron; readonly solvedAlone?: boolean } = {},
): { networks: SculptedNetwork[]; threshold: number } {
  const trainer = perceptronTrainer(kernels, train, validation)
  const arch = [train.inputs, ...settings.hidden, train.outputs]
  const networks: SculptedNetwork[] = []
  let threshold = settings.threshold ?? 1
  for (let restart = 0; restart < (given ? 1 : settings.restarts); restart++) {
    const initial = given ?? densePerceptron(arch, random(INITIAL, restart))
    const sculptor: Sculptor = { trainer, rows: train.rows, settings, needed }
    const dense = given
      ? { perceptron: given, ...trainer.measure(given) }
      : retrain(sculptor, initial, random(TRAINING, restart, 0))
    threshold = settings.threshold ?? dense.accuracy - settings.drop
    if (solvedAlone && dense.accuracy < threshold) continue
    const checked = { ...sculptor, settings: { ...settings, threshold } }
    for (const [g, [unitStep, edgeSteps]] of gridOf(settings).entries()) {
      // A new stream at every call: training number 0, 1, … of this column of the grid.
      let calls = 0
      const next = () => random(TRAINING, restart, g + 1, calls++)
      networks.push(...sculptColumn(checked, dense, unitStep, edgeSteps, next))
    }
  }
  return { networks, threshold }
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
  const { settings, trainer } = sculptor
  const units = unitStep === null ? dense : pruneUnits(sculptor, dense, unitStep, random)
  const again = unitStep === null ? dense : retrain(sculptor, units.perceptron, random())
  const worse = again.accuracy < (settings.threshold ?? 1) && settings.protocol !== 'paper'
  const from = worse ? units : again
  const start = sparsityPercent(units.perceptron)
  return edgeSteps.map(edgeStep => {
    const { perceptron } = pruneEdges(sculptor, from, start, edgeStep, random)
    const left = settings.protocol === 'paper' ? perceptron : withoutDead(perceptron)
    const { accuracy, loss } = trainer.measure(left)
    return { network: maskedNetwork(left), unitStep, edgeStep, sparsity: sparsityOf(perceptron), accuracy, loss }
  })
}

function maskedNetwork({ arch, layers }: SparsePerceptron): MaskedNetwork {
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
