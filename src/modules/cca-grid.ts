/**
 * How alike the modules of two networks are in what they do: for each pair of modules the mean of their canonical
 * correlations over the same examples (Clusterability in Neural Networks, arXiv 2103.03386's code; Raghu et al. 2017).
 * A module whose activations are linear maps of another's has 1. It grows by chance with the number of units: over n
 * examples, unrelated spans of p and q dimensions have a mean square of max(p, q)/(n − 1), given for each pair.
 */
import { UsageError } from '../errors.ts'
import type { ActivationLayer } from '../graph/correlation.ts'
import { canonicalCorrelations, spanBasis } from '../linalg/canonical-correlation.ts'

export interface LabelledActivations {
  readonly layers: readonly ActivationLayer[]
  /** Module of each unit of these layers, layer after layer; −1 = in none. */
  readonly labels: Int32Array
}

export interface CcaGrid {
  /** Numbers of the first network's modules (rows) and of the second's (columns), ascending. */
  readonly rows: readonly number[]
  readonly columns: readonly number[]
  /** Mean canonical correlation, [rows × columns]; null where a module's activations do not vary. */
  readonly values: readonly (number | null)[]
  /** What unrelated modules of these sizes would have, √(max(p, q)/(n − 1)): [rows × columns]. */
  readonly chance: readonly number[]
}

/** @throws UsageError where the examples are not as many in both, or not more than the units of a module. */
export function ccaGrid(first: LabelledActivations, second: LabelledActivations): CcaGrid {
  const [rows, columns] = [moduleSpans(first), moduleSpans(second)]
  const examples = examplesOf(first)
  if (examplesOf(second) !== examples)
    throw new UsageError(
      'usage.activations',
      `Both networks must see the same examples, not ${examples} and ${examplesOf(second)}.`,
    )
  const pairs = rows.flatMap(row => columns.map(column => [row, column] as const))
  return {
    rows: rows.map(({ module }) => module),
    columns: columns.map(({ module }) => module),
    values: pairs.map(([row, column]) => mean(canonicalCorrelations(row.basis, column.basis, examples))),
    chance: pairs.map(([row, column]) =>
      Math.sqrt(Math.min(1, Math.max(row.basis.length, column.basis.length) / examples / (examples - 1))),
    ),
  }
}

function examplesOf({ layers }: LabelledActivations): number {
  return layers.length > 0 ? layers[0].values.length / layers[0].size : 0
}

function moduleSpans(activations: LabelledActivations): { module: number; basis: Float64Array }[] {
  const { layers, labels } = activations
  const units = layers.reduce((sum, { size }) => sum + size, 0)
  if (labels.length !== units)
    throw new UsageError('usage.partitions', `${units} units have activations, but ${labels.length} have labels.`)
  const examples = examplesOf(activations)
  const modules = [...new Set(labels)].filter(module => module >= 0).sort((a, b) => a - b)
  const rows = layers.flatMap(({ values, size }) =>
    Array.from({ length: size }, (_, u) => values.subarray(u * examples, (u + 1) * examples)),
  )
  return modules.map(module => {
    const own = rows.filter((_, unit) => labels[unit] === module)
    if (own.length >= examples)
      throw new UsageError(
        'usage.activations',
        `Module ${module} has ${own.length} units; canonical correlations need more examples than that, not ${examples}.`,
      )
    const values = new Float64Array(own.length * examples)
    for (const [at, row] of own.entries()) values.set(row, at * examples)
    return { module, basis: spanBasis(values, own.length) }
  })
}

function mean(values: Float64Array): number | null {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null
}
