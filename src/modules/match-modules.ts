/**
 * Which module of one partition is which of another: the one-to-one matching with the most units in both modules of a pair
 * (linear assignment, stats/assignment.ts), and the units it does not keep together. Modules without a partner with
 * which they share a unit stay alone.
 */
import { ResourceError } from '../errors.ts'
import { bestAssignment } from '../stats/assignment.ts'

const MOST_MODULES = 2000

export interface ModulePair {
  /** Modules of the two partitions; null where one has no partner. */
  readonly first: number | null
  readonly second: number | null
  /** Units in both, and in each. Units that the other partition leaves out count in neither. */
  readonly shared: number
  readonly sizeFirst: number
  readonly sizeSecond: number
  /** shared / (sizeFirst + sizeSecond − shared). */
  readonly jaccard: number
}

export interface ModuleMatch {
  /** In the order of the first partition's modules, then the second's that are alone. */
  readonly pairs: readonly ModulePair[]
  /** For each unit: `kept` in the matched module, `moved`, in one partition alone, or in none: [units]. */
  readonly fates: readonly UnitFate[]
}

export type UnitFate = 'kept' | 'moved' | 'first only' | 'second only' | 'neither'

/** `a`, `b` — module of each unit, −1 = in none: [units]. Throws a ResourceError above 2,000 modules: time grows with their cube. */
export function matchModules(a: ArrayLike<number>, b: ArrayLike<number>): ModuleMatch {
  const most = (labels: ArrayLike<number>) =>
    Array.prototype.reduce.call(labels, (k, label) => Math.max(k as number, (label as number) + 1), 0) as number
  const [rows, columns] = [most(a), most(b)]
  const n = Math.max(rows, columns)
  if (n > MOST_MODULES)
    throw new ResourceError(
      'resource.modules',
      `Matching ${n} modules would take too long; the most is ${MOST_MODULES}.`,
    )
  const shared = new Float64Array(n * n)
  const [sizeFirst, sizeSecond] = [new Float64Array(n), new Float64Array(n)]
  for (let unit = 0; unit < a.length; unit++) {
    if (a[unit] < 0 || b[unit] < 0) continue
    shared[a[unit] * n + b[unit]]++
    sizeFirst[a[unit]]++
    sizeSecond[b[unit]]++
  }
  const partner = bestAssignment(shared, n)
  const pairs: ModulePair[] = []
  const alone: ModulePair[] = []
  for (let row = 0; row < n; row++) {
    const column = partner[row]
    const both = shared[row * n + column]
    if (both > 0) {
      const jaccard = both / (sizeFirst[row] + sizeSecond[column] - both)
      pairs.push({
        first: row,
        second: column,
        shared: both,
        sizeFirst: sizeFirst[row],
        sizeSecond: sizeSecond[column],
        jaccard,
      })
      continue
    }
    const none = { shared: 0, jaccard: 0 }
    if (row < rows) pairs.push({ first: row, second: null, sizeFirst: sizeFirst[row], sizeSecond: 0, ...none })
    if (column < columns)
      alone.push({ first: null, second: column, sizeFirst: 0, sizeSecond: sizeSecond[column], ...none })
  }
  const fates = Array.from({ length: a.length }, (_, unit): UnitFate => {
    if (a[unit] < 0) return b[unit] < 0 ? 'neither' : 'second only'
    if (b[unit] < 0) return 'first only'
    return partner[a[unit]] === b[unit] ? 'kept' : 'moved'
  })
  return { pairs: [...pairs, ...alone.sort((x, y) => (x.second as number) - (y.second as number))], fates }
}
