/**
 * The clusterability penalty (Clusterability in Neural Networks, arXiv 2103.03386, §4): the loss gains
 *   λ/m · Σ_{i=1..m} λ_i(L),
 * the m smallest non-trivial eigenvalues of the normalised Laplacian of the weight graph. By the relaxation of the
 * n-cut, small ones mean that a good cut into m + 1 modules exists. The gradient is exact and closed:
 *   ∂λ_i/∂W_mn = sign(W_mn) · [(x_m − x_n)² − λ_i (x_m² + x_n²)],   x = D^-½ u_i,
 * zero for biases, for weights that are zero (pruned) and for units without edges. Graph: `unitGraph` without canonical
 * scales; batch norm's scales count and get a gradient.
 *
 * Departures: the papers' code gives half of the true gradient (each edge stands twice in A), so that its published
 * λ = .1 acts like .05: `halved` does as it does. Their PyTorch code calls it every 20 steps with 20 times the
 * gradient: `burst`; here the last gradient is added in all steps between two calls. Eigenvectors start from those of
 * the call before and are good to `tolerance`; graphs of a few dozen units are solved exactly.
 */
import { UsageError } from '../errors.ts'
import { loadKernels } from '../kernels/kernels.ts'
import type { Network } from '../network/network.ts'
import { randomStream } from '../random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type EigenvalueGradient, eigenvalueGradient } from './clusterability-penalty-exact.ts'
import { createPenaltySolver, type PenaltySolver, type SolverBlock, solvable } from './clusterability-penalty-solver.ts'
import {
  edgesOf,
  pullBack,
  type ReadValues,
  type Wiring,
  type WiringOptions,
  wire,
} from './clusterability-penalty-wiring.ts'
import type { HookState, TrainingHook } from './hooks.ts'

export interface PenaltyOptions extends WiringOptions {
  /** λ, the weight of the penalty in the loss. Default: .1. */
  readonly strength?: number
  /** m, the number of eigenvalues. Default: 3. */
  readonly eigenvalues?: number
  /** Steps from one computation to the next. Default: 1. */
  readonly every?: number
  /** One step with `every` times the gradient, instead of the same gradient in all. Default: false. */
  readonly burst?: boolean
  /** Half of the gradient, as the papers' TensorFlow code has it. Default: false. */
  readonly halved?: boolean
  /**
   * Bound on the eigenvectors' ‖G x − θ x‖ / θ; the gradient's relative error is about as large (measured along
   * training). float32 reaches 1e-5. Default: 1e-3, far below the noise of a batch's gradient.
   */
  readonly tolerance?: number
  /** For the iteration's start. Default: 0. */
  readonly seed?: number
}

export interface PenaltyGradient {
  /** Mean of the eigenvalues. */
  readonly value: number
  /** λ_1 … λ_m, ascending: Float64Array. */
  readonly eigenvalues: Float64Array
  /** ∂ value / ∂ weight by weight name, in the weight's order: Float64Array each. Weights outside the graph are absent. */
  readonly gradients: ReadonlyMap<string, Float64Array>
}

/**
 * Value and gradient of (1/m) Σ λ_i for a network as it is, in float64. O(units³): for graphs of some hundred units.
 * @throws UnsupportedError `unsupported.penalty`, see `wire`; UsageError `usage.penalty` for m < 1
 */
export async function clusterabilityGradient(
  network: Network,
  options: WiringOptions & Pick<PenaltyOptions, 'eigenvalues'> = {},
): Promise<PenaltyGradient> {
  const { eigenvalues: count = 3 } = options
  checkCount(count)
  const wiring = await wire(network, options)
  const values = new Map<string, ArrayLike<number>>()
  const names = wiring.blocks.flatMap(block => block.contributions.map(({ weight }) => weight))
  for (const name of [...names, ...wiring.stored.keys()])
    values.set(name, (await network.weights.get(name)?.read())?.data as ArrayLike<number>)
  const read: ReadValues = name => values.get(name) as ArrayLike<number>
  const { eigenvalues, gradients } = exactGradient(wiring, count, read)
  return { value: mean(eigenvalues), eigenvalues, gradients }
}

function exactGradient(wiring: Wiring, count: number, read: ReadValues) {
  const { eigenvalues, blocks } = solveExactly(wiring, count, read)
  const gradients = new Map<string, Float64Array>()
  pullBack(wiring, blocks, read, collector(gradients, read))
  return { eigenvalues, gradients }
}

function solveExactly(wiring: Wiring, count: number, read: ReadValues): EigenvalueGradient {
  const edges = edgesOf(wiring, read)
  const blocks = wiring.blocks.map(({ from, to }, b) => ({
    from,
    to,
    edges: { kind: 'dense' as const, values: edges[b] },
  }))
  return eigenvalueGradient({ layers: wiring.layers, blocks }, count)
}

/** Gradients by name that begin at zero. */
function collector(gradients: Map<string, Float64Array>, read: ReadValues) {
  return (name: string) => {
    const own = gradients.get(name) ?? new Float64Array(read(name).length)
    gradients.set(name, own)
    return own
  }
}

/**
 * The penalty as a training hook. The gradients it gives are overwritten by its next call.
 * @throws UnsupportedError `unsupported.penalty`, see `wire`; UsageError `usage.penalty` for options out of range
 */
export async function clusterabilityPenalty(network: Network, options: PenaltyOptions = {}): Promise<TrainingHook> {
  const { strength = 0.1, eigenvalues: count = 3, every = 1, burst = false, halved = false } = options
  const { tolerance = 1e-3, seed = 0 } = options
  checkCount(count)
  if (!(strength >= 0) || !Number.isInteger(every) || every < 1 || !(tolerance > 0))
    throw new UsageError(
      'usage.penalty',
      `The penalty needs a strength ≥ 0, a whole number of steps ≥ 1 and a tolerance > 0, not ${strength}, ${every} and ${tolerance}.`,
    )
  const wiring = await wire(network, options)
  const factor = strength * (halved ? 0.5 : 1) * (burst ? every : 1)
  const engine = await createEngine(wiring, count, tolerance)
  return {
    name: 'clusterability-penalty',
    every,
    apply(state) {
      const { eigenvalues, gradients } = engine.gradients(readFrom(wiring, state), factor, () =>
        randomStream(seed, state.step),
      )
      const metrics = { clusterabilityPenalty: strength * mean(eigenvalues) }
      return { gradients, gradientSteps: burst ? 1 : every, metrics }
    },
    save: () => engine.save(),
    restore: saved => engine.restore(saved),
  }
}

interface Engine {
  gradients(
    read: (name: string) => Float32Array,
    factor: number,
    random: () => ReturnType<typeof randomStream>,
  ): { eigenvalues: Float64Array; gradients: Map<string, Float32Array> }
  save(): Record<string, Tensor>
  restore(saved: Readonly<Record<string, Tensor>>): void
}

async function createEngine(wiring: Wiring, count: number, tolerance: number): Promise<Engine> {
  const sizes = wiring.layers.map(({ size }) => size)
  const storages = wiring.blocks.map((_, b) => storageOf(wiring, b))
  // Where one block has to be summed up, all are, and lie as edges do: [to × from].
  const direct = storages.every(storage => storage !== 'derived')
  const blocks = wiring.blocks.map(({ from, to }, b): SolverBlock => {
    const transposed = direct && storages[b] === 'transposed'
    return transposed ? { rowLayer: from, columnLayer: to } : { rowLayer: to, columnLayer: from }
  })
  if (!solvable(sizes, blocks, count)) return exactEngine(wiring, count)
  const solver = createPenaltySolver(await loadKernels(), sizes, blocks, { count, tolerance })
  return {
    gradients(read, factor, random) {
      const edges = direct ? undefined : edgesOf(wiring, read)
      wiring.blocks.forEach(({ contributions }, b) => {
        solver.weights(b).set(edges ? edges[b] : read(contributions[0].weight))
      })
      const { eigenvalues } = solver.solve(random())
      const gradients = direct
        ? directGradients(wiring, solver, factor / count)
        : derivedGradients(wiring, solver, factor / count, read)
      return { eigenvalues, gradients }
    },
    save: () => {
      const data = solver.vectors()
      return { vectors: { dtype: 'float32', shape: [data.length], data } }
    },
    restore: ({ vectors }) => solver.resume(vectors.data as Float32Array),
  }
}

/** Every block is one weight as it is stored: its gradient is the block's. */
function directGradients(wiring: Wiring, solver: PenaltySolver, factor: number): Map<string, Float32Array> {
  return new Map(wiring.blocks.map(({ contributions }, b) => [contributions[0].weight, solver.gradient(b, factor)]))
}

function derivedGradients(
  wiring: Wiring,
  solver: PenaltySolver,
  factor: number,
  read: ReadValues,
): Map<string, Float32Array> {
  const byEdge = wiring.blocks.map((_, b) => solver.gradient(b, factor))
  const gradients = new Map<string, Float64Array>()
  pullBack(wiring, byEdge, read, collector(gradients, read))
  return new Map(Array.from(gradients, ([name, values]) => [name, Float32Array.from(values)]))
}

function exactEngine(wiring: Wiring, count: number): Engine {
  return {
    gradients(read, factor) {
      const { eigenvalues, gradients } = exactGradient(wiring, count, read)
      const scaled = Array.from(gradients, ([name, values]): [string, Float32Array] => [
        name,
        Float32Array.from(values, value => factor * value),
      ])
      return { eigenvalues, gradients: new Map(scaled) }
    },
    save: () => ({}),
    restore: () => {},
  }
}

/** How a block lies in its weight: as [to × from], the other way round, or as a sum over several elements. */
function storageOf({ layers, blocks }: Wiring, b: number): 'upright' | 'transposed' | 'derived' {
  const { from, to, contributions } = blocks[b]
  const [{ weight, edges, scale, norms }] = contributions
  const [rows, columns] = [layers[to].size, layers[from].size]
  const uses = blocks.flatMap(block => block.contributions).filter(other => other.weight === weight).length
  if (contributions.length > 1 || uses > 1 || scale !== 1 || norms.length > 0 || edges.length !== rows * columns)
    return 'derived'
  if (edges.every((edge, e) => edge === e)) return 'upright'
  return edges.every((edge, e) => edge === (e % rows) * columns + Math.floor(e / rows)) ? 'transposed' : 'derived'
}

/** Trained values, or the network's own where something is not trained. */
function readFrom({ stored }: Wiring, { parameters }: HookState): (name: string) => Float32Array {
  return name => {
    const data = (parameters.get(name) ?? stored.get(name))?.data
    if (data instanceof Float32Array) return data
    throw new UsageError(
      'usage.penalty',
      `The weight "${name}" is part of the clusterability penalty but is not trained in float32.`,
    )
  }
}

function checkCount(count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw new UsageError('usage.penalty', `The penalty needs one eigenvalue or more, not ${count}.`)
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
