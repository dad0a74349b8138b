/** Regrouping of a signal's axes: reshape, transpose, and bringing several signals to one common layout. */
import {
  type Axis,
  axisLength,
  compactStrides,
  type Factor,
  holdsUnits,
  MOST_SLOTS,
  positions,
  renumber,
  type Signal,
  slotsOf,
} from './signal.ts'

export function transpose(signal: Signal, permutation: readonly number[]): Signal {
  return { ...signal, axes: permutation.map(axis => signal.axes[axis]) }
}

/** The same elements in row-major order under a new shape; undefined when the factors do not fit it. */
export function reshape(signal: Signal, shape: readonly (number | null)[]): Signal | undefined {
  const pool = signal.axes.flat()
  const open = shape.indexOf(null)
  const inner = shape.slice(open + 1)
  // A single open dimension takes what the others leave; they are filled from the end and then from the front.
  if (inner.includes(null)) return reshapeEqualOpen(signal, shape)
  const axes = new Array<Axis>(shape.length)
  for (let a = shape.length - 1; a > open; a--) {
    const taken = takeBack(pool, shape[a] as number)
    if (!taken) return undefined
    axes[a] = taken
  }
  for (let a = 0; a < open; a++) {
    const taken = takeFront(pool, shape[a] as number)
    if (!taken) return undefined
    axes[a] = taken
  }
  if (open >= 0) axes[open] = mergeOpen(pool)
  else if (pool.some(factor => factor.stride !== 0 || (factor.size !== null && factor.size !== 1))) return undefined
  return { ...signal, axes }
}

/** Several open dimensions: they must sit at the same places before and after, or lead while the rest is regrouped. */
function reshapeEqualOpen(signal: Signal, shape: readonly (number | null)[]): Signal | undefined {
  const leading = shape.lastIndexOf(null) + 1
  const front = signal.axes.slice(0, leading)
  if (front.map(axisLength).join() === shape.slice(0, leading).join()) {
    const rest = reshape({ ...signal, axes: signal.axes.slice(leading) }, shape.slice(leading))
    return rest && { ...signal, axes: [...front, ...rest.axes] }
  }
  const trimmed = (lengths: readonly (number | null)[]) => lengths.filter(length => length !== 1).join()
  if (trimmed(shape) !== trimmed(signal.axes.map(axisLength))) return undefined
  const kept = signal.axes.filter(axis => axisLength(axis) !== 1)
  return { ...signal, axes: shape.map(length => (length === 1 ? [] : (kept.shift() as Axis))) }
}

function mergeOpen(factors: readonly Factor[]): Axis {
  return factors.some(factor => factor.stride !== 0) ? factors : positions(axisLength(factors))
}

/** Takes factors worth `length` elements from the end of the pool, splitting one where needed. */
function takeBack(pool: Factor[], length: number): Factor[] | undefined {
  const taken: Factor[] = []
  for (let rest = length; rest > 1; ) {
    const factor = pool.pop()
    if (!factor) return undefined
    if (factor.size === null) {
      // An open position covers whatever is asked of it (a batch that the file fixes later on).
      taken.unshift({ size: rest, stride: 0 })
      return taken
    }
    const [outer, own] = split(factor, rest)
    if (!own) return undefined
    if (outer) pool.push(outer)
    taken.unshift(own)
    rest /= own.size as number
  }
  return taken
}

function takeFront(pool: Factor[], length: number): Factor[] | undefined {
  const taken: Factor[] = []
  for (let rest = length; rest > 1; ) {
    const factor = pool.shift()
    if (!factor) return undefined
    if (factor.size === null) {
      // As at the back; what it covers beyond is left to the axes behind.
      pool.unshift(factor)
      taken.push({ size: rest, stride: 0 })
      return taken
    }
    if (factor.size <= rest) {
      if (rest % factor.size !== 0) return undefined
      taken.push(factor)
      rest /= factor.size
    } else {
      if (factor.size % rest !== 0) return undefined
      const inner = factor.size / rest
      taken.push({ size: rest, stride: factor.stride * inner })
      pool.unshift({ size: inner, stride: factor.stride })
      rest = 1
    }
  }
  return taken
}

/** Splits a factor into an outer part and an inner part of at most `inner` elements; nothing when they do not divide. */
function split(factor: Factor, inner: number): [Factor | undefined, Factor | undefined] {
  const size = factor.size as number
  if (size <= inner) return [undefined, inner % size === 0 ? factor : undefined]
  if (size % inner !== 0) return [undefined, undefined]
  return [
    { size: size / inner, stride: factor.stride * inner },
    { size: inner, stride: factor.stride },
  ]
}

/** Adds axes in front and stretches axes of one element, so that the signal fits beside `shape`. */
export function broadcast(signal: Signal, shape: readonly (number | null)[]): Signal {
  const rank = Math.max(signal.axes.length, shape.length)
  const axes: Axis[] = Array.from({ length: rank }, (_, a) => {
    const own = signal.axes[a - rank + signal.axes.length] ?? []
    const beside = shape[a - rank + shape.length] ?? 1
    return axisLength(own) === 1 && beside !== 1 ? positions(beside) : own
  })
  return { ...signal, axes }
}

/** Brings signals that broadcast against each other to one layout; undefined when the layouts cannot be reconciled. */
export function align(signals: readonly Signal[]): Signal[] | undefined {
  const rank = Math.max(...signals.map(signal => signal.axes.length))
  const padded = signals.map(signal => [...Array<Axis>(rank - signal.axes.length).fill([]), ...signal.axes])
  const refined = padded.map(() => [] as Axis[])
  for (let a = 0; a < rank; a++) {
    const own = padded.map(axes => axes[a]).filter(axis => axisLength(axis) !== 1)
    let sizes: (number | null)[] | undefined = own.length ? sizesOf(own[0]) : []
    for (const axis of own) sizes = sizes && commonSizes(sizes, sizesOf(axis))
    if (!sizes) return undefined
    for (let s = 0; s < signals.length; s++) {
      const stretched = axisLength(padded[s][a]) === 1
      const axis = stretched ? sizes.map(size => ({ size, stride: 0 })) : splitTo(padded[s][a], sizes)
      if (!axis) return undefined
      refined[s].push(axis)
    }
  }
  // A factor holds units when it does so in any of the signals.
  const joint = refined[0].map((axis, a) =>
    axis.map((factor, f) => ({ size: factor.size, stride: refined.some(axes => axes[a][f].stride !== 0) ? 1 : 0 })),
  )
  const axes = compactStrides(joint)
  const slots = axes.flat().reduce((count, { size, stride }) => (stride === 0 ? count : count * (size as number)), 1)
  if (slots > MOST_SLOTS) return undefined
  return refined.map((own, s) => {
    const factors = own.flatMap((axis, a) => axis.filter((_, f) => joint[a][f].stride !== 0))
    return renumber(signals[s], slotsOf(factors), axes)
  })
}

function sizesOf(axis: Axis): (number | null)[] {
  return axis.map(factor => factor.size)
}

/** The coarsest list of factor sizes that refines both lists; undefined when the borders do not nest. */
function commonSizes(a: readonly (number | null)[], b: readonly (number | null)[]): (number | null)[] | undefined {
  if (a.includes(null)) return a.length === 1 ? [...b] : a.join() === b.join() ? [...a] : undefined
  if (b.includes(null)) return commonSizes(b, a)
  const [left, right] = [[...a], [...b]] as [number[], number[]]
  const common: number[] = []
  while (left.length && right.length) {
    const [x, y] = [left.pop() as number, right.pop() as number]
    const [small, large, rest] = x <= y ? [x, y, right] : [y, x, left]
    if (large % small !== 0) return undefined
    common.unshift(small)
    if (large > small) rest.push(large / small)
  }
  return left.length || right.length ? undefined : common
}

function splitTo(axis: Axis, sizes: readonly (number | null)[]): Axis | undefined {
  if (sizesOf(axis).join() === sizes.join()) return axis
  if (!holdsUnits(axis)) return sizes.map(size => ({ size, stride: 0 }))
  const pool = [...axis]
  const split: Factor[] = []
  for (const size of sizes.toReversed()) {
    const taken = size === null ? undefined : takeBack(pool, size)
    if (taken?.length !== 1) return undefined
    split.unshift(taken[0])
  }
  return split
}
