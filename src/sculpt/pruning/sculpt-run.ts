/**
 * Sculpting with one seed: all outputs of a task together, and, of a truth table, each of its functions apart. Sharing must
 * pay: the network that learned all outputs together counts only where its hierarchy takes fewer bits to write down
 * (`../decomposition-cost.ts`) than that of separate networks side by side. Where functions have no input in common there
 * is nothing to share, and they are sculpted apart alone.
 *
 * Ours. Paper protocol, data sets, and thresholds that depend on the dense network: all outputs together.
 */
import type { Kernels } from '../../kernels/kernels.ts'
import { randomStream } from '../../random.ts'
import { type OutputFunction, outputFunctions } from '../../tasks/output-functions.ts'
import type { SparsePerceptron } from '../../training/sparse-perceptron.ts'
import { decompositionCost } from '../decomposition-cost.ts'
import { detectModules } from '../detect.ts'
import type { SculptingRun } from '../sculpting.ts'
import { sculptApart } from './apart.ts'
import type { Material } from './material.ts'
import { type SculptOptions, sculptSettings } from './options.ts'
import { sculptGrid } from './sculpt-grid.ts'
import { bestFirst } from './select.ts'

/** What comes first in the path of streams for functions apart; all outputs together have 0 and 1. */
const APART = 2

/**
 * @param seed — of initial weights, order of examples and noise.
 * @param given — a trained network to begin from, instead of dense ones with random weights.
 * @throws UsageError for options out of range.
 */
export function sculptRun(
  kernels: Kernels,
  material: Material,
  seed: number,
  options: SculptOptions,
  given?: SparsePerceptron,
): SculptingRun {
  const settings = sculptSettings(material.train.rows, options)
  const { threshold, protocol } = settings
  const arch = [material.train.inputs, ...settings.hidden, material.train.outputs]
  const together = () => {
    const grid = sculptGrid(kernels, material, settings, (...path) => randomStream(seed, ...path), { given })
    return { seed, arch, ...bestFirst(grid.networks, grid.threshold, protocol), apart: false }
  }
  if (!material.table || threshold === undefined || protocol === 'paper' || given) return together()
  const functions = outputFunctions(material.table)
  const ranked = sculptApart(kernels, material.table, functions, { ...options, threshold }, f => {
    return (...path) => randomStream(seed, APART, f, ...path)
  })
  const apart = ranked && { seed, arch, ...ranked, apart: true }
  if (apart && !shareInputs(functions)) return apart
  const joint = together()
  if (!apart) return joint
  const bits = ({ networks: [{ network }] }: SculptingRun) =>
    decompositionCost(network, detectModules(network), functions)
  const [chosen, other] = joint.solved && bits(joint) < bits(apart) ? [joint, apart] : [apart, joint]
  return { ...chosen, networks: [...chosen.networks, ...other.networks] }
}

function shareInputs(functions: readonly OutputFunction[]): boolean {
  const inputs = functions.flatMap(single => single.inputs)
  return new Set(inputs).size < inputs.length
}
