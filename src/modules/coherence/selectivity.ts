/**
 * Which class each unit stands for: the correlation of its activation with belonging to class c,
 *   r_c = (μ_c − μ)/σ · √(n_c/(n − n_c)),
 * the class with the largest |r_c| and the next. Whether modules gather units of one class is the normalised mutual
 * information of best classes and modules, against modules permuted within each layer (arXiv 2110.08058's code,
 * `get_selectivities`, which slices units where it means classes).
 */
import type { ActivationLayer } from '../../graph/correlation.ts'
import { randomStream, shuffle } from '../../random.ts'
import { normalisedMutualInformation } from '../../stats/agreement.ts'
import { moments } from '../../stats/effect.ts'
import { monteCarloP } from '../../stats/monte-carlo.ts'

export interface UnitSelectivity {
  /** Class with the largest |r|, −1 for a unit that does not vary: one for each unit of the layer. */
  readonly best: readonly number[]
  /** Its r, with its sign; 0 without a class. */
  readonly correlation: readonly number[]
  /** The class that comes next; −1 where there is none. */
  readonly second: readonly number[]
}

export interface Selectivity {
  /** By index in the unit graph. */
  readonly layers: readonly (UnitSelectivity & { readonly layer: number })[]
  /** Best classes and modules, over the units that have both. */
  readonly nmi: number
  readonly nmiNull: { readonly mean: number; readonly p: number; readonly draws: number }
}

/** @param labels of the examples, from 0 to `classes` − 1 */
export function unitSelectivity(
  { values, size }: ActivationLayer,
  labels: Int32Array,
  classes: number,
): UnitSelectivity {
  const examples = labels.length
  const counts = new Float64Array(classes)
  for (const label of labels) counts[label]++
  const best: number[] = []
  const second: number[] = []
  const correlation: number[] = []
  for (let unit = 0; unit < size; unit++) {
    const own = values.subarray(unit * examples, (unit + 1) * examples)
    const sums = new Float64Array(classes)
    for (let i = 0; i < examples; i++) sums[labels[i]] += own[i]
    const mean = sums.reduce((total, sum) => total + sum, 0) / examples
    const sd = Math.sqrt(own.reduce((total, value) => total + (value - mean) ** 2, 0) / examples)
    const isFlat = !(sd > 0) || own.every(value => value === own[0])
    const r = counts.map((n, c) =>
      isFlat || n === 0 || n === examples ? 0 : ((sums[c] / n - mean) / sd) * Math.sqrt(n / (examples - n)),
    )
    const order = Array.from(r.keys())
      .filter(c => r[c] !== 0)
      .sort((a, b) => Math.abs(r[b]) - Math.abs(r[a]) || a - b)
    best.push(order[0] ?? -1)
    second.push(order[1] ?? -1)
    correlation.push(order.length > 0 ? r[order[0]] : 0)
  }
  return { best, correlation, second }
}

const NMI_STREAM = 19
const DRAWS = 999

/** @param modules of the units of each of the layers, −1 for none */
export function selectivity(
  layers: readonly (UnitSelectivity & { readonly layer: number })[],
  modules: readonly Int32Array[],
  seed: number,
): Selectivity {
  const best = layers.flatMap(one => one.best)
  const nmi = normalisedMutualInformation(best, Int32Array.from(modules.flatMap(own => [...own])))
  const random = randomStream(seed, NMI_STREAM)
  const draws = Float64Array.from({ length: DRAWS }, () =>
    normalisedMutualInformation(best, Int32Array.from(modules.flatMap(own => [...permuted(own, random)]))),
  )
  return {
    ...{ layers, nmi },
    nmiNull: { mean: moments(draws).mean, p: monteCarloP(nmi, draws, 'right'), draws: DRAWS },
  }
}

/** Permutes the modules of the units that have one; the others stay without. */
function permuted(modules: Int32Array, random: ReturnType<typeof randomStream>): Int32Array {
  const members = shuffle(
    modules.filter(module => module >= 0),
    random,
  )
  let next = 0
  return modules.map(module => (module >= 0 ? members[next++] : module))
}
