/**
 * Eigenvalue gradients of one graph whose edges move a little from call to call: what the clusterability penalty does
 * at every step of training. The eigenpairs come from a warm subspace iteration (linalg/subspace.ts) in float32 on
 * D^-½ A D^-½, on the smaller side where the layers fall into two sides (then on its square, as in
 * partition/adjacency.ts), the trivial eigenvector √d projected out; then each edge gets
 *   g = Σ_i [(x_m − x_n)² − λ_i (x_m² + x_n²)] = p_m + p_n − 2 Σ_i x_im x_in,   p = Σ_i (1 − λ_i) x_i²
 * in one pass. All memory is laid out once. Graphs too small for a block of vectors are solved exactly
 * (clusterability-penalty-exact.ts). Gradients are right to about the tolerance, relative to their length; of an
 * eigenvalue that repeats across the last one wanted, one eigenvector is taken as it comes.
 */
import { offsetsOf } from '../graph/adjacency.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { type BlockOperator, createSubspace, type Subspace } from '../linalg/subspace.ts'
import type { Random } from '../random.ts'

/** A dense block; its rows may be the units of either layer, as the weights happen to be stored. */
export interface SolverBlock {
  readonly rowLayer: number
  readonly columnLayer: number
}

export interface SolverOptions {
  /** Number of non-trivial eigenvalues, the smallest. */
  readonly count: number
  /** Bound on ‖G x − θ x‖ / θ. */
  readonly tolerance: number
}

interface Solution {
  /** λ_1 … λ_count, ascending: Float64Array. */
  readonly eigenvalues: Float64Array
  /** Multiplications by the operator that were needed. */
  readonly steps: number
}

export interface PenaltySolver {
  /** Weights of a block, of either sign: float32 [rows × columns], to be filled in before each call. */
  weights(block: number): Float32Array
  /** Finds the eigenpairs. `random` seeds the first call and keeps later ones from overlooking anything. */
  solve(random: Random): Solution
  /** After `solve`: factor · ∂ Σ λ / ∂ weight of a block, [rows × columns]; a view, valid until the next call. */
  gradient(block: number, factor: number): Float32Array
  /** The vectors the next call starts from, and back: what a resumed run needs. */
  vectors(): Float32Array
  resume(vectors: Float32Array): void
}

/** Whether the graph is large enough for a block of `count` + 1 vectors or more. */
export function solvable(sizes: readonly number[], blocks: readonly SolverBlock[], count: number): boolean {
  return spaceOf(sizes, blocks).size >= 3 * groupsFor(count) * 4
}

const groupsFor = (count: number) => Math.ceil((count + 1) / 4)

interface Space {
  /** Layers solved for; the others follow from them. */
  readonly inside: readonly boolean[]
  readonly halved: boolean
  readonly size: number
}

/** The smaller of two sides with edges only between them, or everything. */
function spaceOf(sizes: readonly number[], blocks: readonly SolverBlock[]): Space {
  const side = new Int8Array(sizes.length).fill(-1)
  const total = (inside: readonly boolean[]) => sizes.reduce((sum, size, l) => sum + (inside[l] ? size : 0), 0)
  for (let start = 0; start < side.length; start++) {
    if (side[start] >= 0) continue
    side[start] = 0
    const members = [start]
    for (const layer of members) {
      for (const { rowLayer, columnLayer } of blocks) {
        const next = rowLayer === layer ? columnLayer : columnLayer === layer ? rowLayer : -1
        if (next < 0) continue
        if (side[next] === side[layer])
          return { inside: sizes.map(() => true), halved: false, size: total(sizes.map(() => true)) }
        if (side[next] < 0) members.push(next)
        side[next] = 1 - side[layer]
      }
    }
  }
  const sides = [0, 1].map(which => Array.from(side, own => own === which))
  const inside = total(sides[1]) <= total(sides[0]) ? sides[1] : sides[0]
  return { inside, halved: true, size: total(inside) }
}

/** Lays out the memory of one graph. The kernels must be this solver's own: nothing is ever released. */
export function createPenaltySolver(
  kernels: Kernels,
  sizes: readonly number[],
  blocks: readonly SolverBlock[],
  { count, tolerance }: SolverOptions,
): PenaltySolver {
  const { arena } = kernels
  const offsets = offsetsOf(sizes.map(size => ({ size })))
  const units = offsets[sizes.length]
  const { inside, halved } = spaceOf(sizes, blocks)
  // Units in the order of the space: those inside first, so that vectors of the space are the head of vectors of all.
  const start = new Int32Array(sizes.length)
  let size = 0
  for (const wanted of [true, false])
    sizes.forEach((length, layer) => {
      if (inside[layer] !== wanted) return
      start[layer] = size
      size += length
    })
  const space = halved ? sizes.reduce((sum, length, layer) => sum + (inside[layer] ? length : 0), 0) : units

  const placed = blocks.map(({ rowLayer, columnLayer }) => {
    const [rows, columns] = [sizes[rowLayer], sizes[columnLayer]]
    const [weights, edges, out] = [0, 1, 2].map(() => arena.zeroed(rows * columns * 4))
    const [row, column] = [start[rowLayer], start[columnLayer]]
    return { rows, columns, weights, edges, out, row, column, rowInside: inside[rowLayer] }
  })
  const [degree, root, inverse, trivial] = [0, 1, 2, 3].map(() => arena.zeroed(units * 4))
  const groups = groupsFor(count)
  const [scaled, across] = [0, 1].map(() => arena.zeroed(units * 16))
  const stride = (units + 3) & ~3
  const [spread, push] = [arena.zeroed(groups * 4 * stride * 4), arena.zeroed(stride * 4)]

  const multiply = (x: number, y: number): void => {
    kernels.scaleUnits(x, root, scaled, space)
    if (!halved) {
      arena.f32(y, space * 4).fill(0)
      for (const { rows, columns, edges, row, column } of placed) {
        kernels.gather(edges, rows, columns, scaled + column * 16, y + row * 16)
        kernels.collect(edges, rows, columns, scaled + row * 16, y + column * 16)
      }
    } else {
      toOtherSide()
      arena.f32(y, space * 4).fill(0)
      for (const { rows, columns, edges, row, column, rowInside } of placed) {
        if (rowInside) kernels.gather(edges, rows, columns, across + column * 16, y + row * 16)
        else kernels.collect(edges, rows, columns, across + row * 16, y + column * 16)
      }
    }
    kernels.scaleUnits(y, root, y, space)
    kernels.deflate(trivial, y, space)
  }
  /** across = D⁻¹ W · scaled for the units of the other side. */
  const toOtherSide = (): void => {
    arena.f32(across + space * 16, (units - space) * 4).fill(0)
    for (const { rows, columns, edges, row, column, rowInside } of placed) {
      if (rowInside) kernels.collect(edges, rows, columns, scaled + row * 16, across + column * 16)
      else kernels.gather(edges, rows, columns, scaled + column * 16, across + row * 16)
    }
    kernels.scaleUnits(across + space * 16, inverse + space * 4, across + space * 16, units - space)
  }
  const operator: BlockOperator = {
    size: space,
    low: halved ? 0 : -1,
    apply: (x, y) => {
      for (let group = 0; group < groups; group++) multiply(x + group * space * 16, y + group * space * 16)
    },
    project: x => {
      for (let group = 0; group < groups; group++) kernels.deflate(trivial, x + group * space * 16, space)
    },
  }
  const subspace: Subspace = createSubspace(kernels, operator, groups)
  let warm = false

  /** Edges, degrees and what is made of them, from the weights. */
  const prepare = (): void => {
    arena.f32(degree, units).fill(0)
    for (const { rows, columns, weights, edges, row, column } of placed)
      kernels.magnitudes(weights, rows, columns, edges, degree + row * 4, degree + column * 4)
    const [d, r, v, u] = [degree, root, inverse, trivial].map(address => arena.f32(address, units))
    let volume = 0
    for (let i = 0; i < space; i++) volume += d[i]
    for (let i = 0; i < units; i++) {
      r[i] = d[i] > 0 ? 1 / Math.sqrt(d[i]) : 0
      v[i] = d[i] > 0 ? 1 / d[i] : 0
      u[i] = volume > 0 ? Math.sqrt(d[i] / volume) : 0
    }
  }

  /** x = D^-½ u of all units, one vector a row of `spread`, times √2; and p. */
  const spreadOut = (sigma: Float64Array): void => {
    const head = halved ? Math.sqrt(0.5) : 1
    const p = arena.f32(push, units).fill(0)
    for (let group = 0; group * 4 < count; group++) {
      kernels.scaleUnits(subspace.vectors() + group * space * 16, root, scaled, space)
      if (halved) toOtherSide()
      const [own, other] = [arena.f32(scaled, space * 4), arena.f32(across, units * 4)]
      for (let j = 0; j < 4 && group * 4 + j < count; j++) {
        const s = sigma[group * 4 + j]
        const row = arena.f32(spread + (group * 4 + j) * stride * 4, units)
        const tail = s > SMALLEST_SIGMA ? head / s : 0
        for (let i = 0; i < units; i++) {
          const x = i < space ? own[i * 4 + j] * head : other[i * 4 + j] * tail
          row[i] = x * Math.SQRT2
          p[i] += s * x * x
        }
      }
    }
  }

  return {
    weights: block => arena.f32(placed[block].weights, placed[block].rows * placed[block].columns),
    solve(random) {
      prepare()
      if (warm) subspace.stir(random)
      else subspace.restart(random)
      warm = true
      const { values, steps } = subspace.settle(count, tolerance)
      const sigma = values.subarray(0, count).map(value => (halved ? Math.sqrt(Math.max(0, value)) : value))
      spreadOut(sigma)
      return { eigenvalues: sigma.map(value => 1 - value), steps }
    },
    gradient(block, factor) {
      const { rows, columns, weights, out, row, column } = placed[block]
      const [x, p] = [spread, push]
      kernels.edgeGradient(
        weights,
        rows,
        columns,
        p + row * 4,
        p + column * 4,
        x + row * 4,
        x + column * 4,
        count,
        stride,
        factor,
        out,
      )
      return arena.f32(out, rows * columns)
    },
    vectors: () => arena.f32(subspace.vectors(), groups * space * 4).slice(),
    resume(vectors) {
      arena.f32(subspace.vectors(), groups * space * 4).set(vectors)
      warm = true
    },
  }
}

/** Eigenvectors of σ = 0 have no other side. */
const SMALLEST_SIGMA = 1e-5
