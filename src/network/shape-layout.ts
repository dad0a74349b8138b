/** Shape rules of operators that move, split, join and repeat values without computing on them. */
import { broadcast, type Dim, type DimShape, normalAxis, product, productDim, quotient } from './dims.ts'
import { numberAttribute, numbersAttribute, type Operator } from './network.ts'
import type { ShapeRule } from './shape-rules.ts'
import type { ShapeScope } from './shapes.ts'

/** The content of input `index` when all of it is numbers. */
export function numbersOf(operator: Operator, scope: ShapeScope, index: number): readonly number[] | undefined {
  const dims = scope.vector(operator.inputs[index] ?? '')?.dims
  return dims?.every(dim => typeof dim === 'number') ? dims : undefined
}

function axisOf(operator: Operator, shape: DimShape, fallback: number): number | undefined {
  return normalAxis(numberAttribute(operator, 'axis', fallback), shape.length)
}

/** 0 copies the input's dimension, −1 takes what is left. */
const reshape: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const target = scope.vector(operator.inputs[1] ?? '')?.dims
  if (!target) return [scope.shape(operator.inputs[1] ?? '')?.[0] === 1 ? [scope.fresh()] : undefined]
  const copies = !numberAttribute(operator, 'allowzero', 0)
  const dims = target.map((dim, axis) => (dim === 0 && copies ? (shape?.[axis] ?? scope.fresh()) : dim))
  const open = dims.indexOf(-1)
  if (open < 0) return [dims]
  const rest = dims.toSpliced(open, 1)
  const left = shape && quotient(product(shape), product(rest))
  return [dims.with(open, left ?? scope.fresh())]
}

const flatten: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  if (!shape) return [[scope.fresh(), scope.fresh()]]
  const axis = numberAttribute(operator, 'axis', 1)
  const at = axis < 0 ? axis + shape.length : axis
  return [[productDim(shape.slice(0, at), scope.fresh), productDim(shape.slice(at), scope.fresh)]]
}

const transpose: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const order = numbersAttribute(operator, 'perm') ?? shape?.map((_, axis) => shape.length - 1 - axis)
  return [order?.length === shape?.length ? order?.map(axis => shape![axis]) : undefined]
}

const concat: ShapeRule = (operator, scope) => {
  const shapes = operator.inputs.map(name => scope.shape(name))
  const first = shapes[0]
  const axis = first && axisOf(operator, first, 1)
  if (axis === undefined || !shapes.every(shape => shape?.length === first!.length)) return [undefined]
  const sizes = shapes.map(shape => shape![axis])
  const total = sizes.every(size => typeof size === 'number')
    ? sizes.reduce((sum, size) => sum + size, 0)
    : scope.fresh()
  // Where one input leaves a dimension open, another may know it.
  const known = first!.map(
    (_, at) => shapes.map(shape => shape![at]).find(dim => typeof dim === 'number') ?? first![at],
  )
  return [known.with(axis, total)]
}

const split: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const axis = shape && axisOf(operator, shape, 0)
  if (!shape || axis === undefined) return []
  const sizes = operator.inputs[1] ? numbersOf(operator, scope, 1) : undefined
  const whole = shape[axis]
  const chunk = typeof whole === 'number' ? Math.ceil(whole / operator.outputs.length) : undefined
  return operator.outputs.map((_, index) => {
    const even = chunk === undefined ? undefined : Math.min(chunk, Math.max(0, (whole as number) - index * chunk))
    return shape.with(axis, sizes?.[index] ?? (operator.inputs[1] ? undefined : even) ?? scope.fresh())
  })
}

/** Number of elements of `start:end:step` in a dimension, by NumPy's rules. */
function slicedSize(dim: Dim, start: number, end: number, step: number, scope: ShapeScope): Dim {
  if (typeof dim === 'string') return start === 0 && end >= Number.MAX_SAFE_INTEGER && step === 1 ? dim : scope.fresh()
  const bound = (at: number) => Math.min(Math.max(at < 0 ? at + dim : at, step < 0 ? -1 : 0), step < 0 ? dim - 1 : dim)
  return Math.max(0, Math.ceil((bound(end) - bound(start)) / step))
}

const slice: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  if (!shape) return [undefined]
  const [starts, ends] = [numbersOf(operator, scope, 1), numbersOf(operator, scope, 2)]
  const axes = operator.inputs[3] ? numbersOf(operator, scope, 3) : starts?.map((_, axis) => axis)
  const steps = operator.inputs[4] ? numbersOf(operator, scope, 4) : starts?.map(() => 1)
  if (!axes) return [shape.map(() => scope.fresh())]
  const dims = [...shape]
  axes.forEach((given, index) => {
    const axis = normalAxis(given, dims.length)
    if (axis === undefined) return
    const known = starts && ends && steps
    dims[axis] = known ? slicedSize(dims[axis], starts[index], ends[index], steps[index], scope) : scope.fresh()
  })
  return [dims]
}

const gather: ShapeRule = (operator, scope) => {
  const [data, indices] = [0, 1].map(index => scope.shape(operator.inputs[index] ?? ''))
  const axis = data && axisOf(operator, data, 0)
  return [axis === undefined || !indices ? undefined : data!.toSpliced(axis, 1, ...indices)]
}

const squeeze: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  if (!shape) return [undefined]
  if (!operator.inputs[1])
    return [shape.every(dim => typeof dim === 'number') ? shape.filter(dim => dim !== 1) : undefined]
  const gone = numbersOf(operator, scope, 1)?.map(axis => normalAxis(axis, shape.length))
  return [gone && shape.filter((_, axis) => !gone.includes(axis))]
}

const unsqueeze: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const axes = numbersOf(operator, scope, 1)
  if (!shape || !axes) return [undefined]
  const rank = shape.length + axes.length
  const added = new Set(axes.map(axis => normalAxis(axis, rank)))
  const rest = shape.values()
  return [Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.next().value ?? -1)))]
}

const expand: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const target = scope.vector(operator.inputs[1] ?? '')?.dims
  return [shape && target && broadcast(shape, target, scope.fresh)]
}

const tile: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const repeats = numbersOf(operator, scope, 1)
  const times = (dim: Dim, count: number) => (typeof dim === 'number' ? dim * count : count === 1 ? dim : scope.fresh())
  return [shape?.map((dim, axis) => times(dim, repeats?.[axis] ?? Number.NaN))]
}

const pad: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const pads = numbersOf(operator, scope, 1)
  const axes = operator.inputs[3] ? numbersOf(operator, scope, 3) : shape?.map((_, axis) => axis)
  if (!shape || !axes) return [undefined]
  const dims = [...shape]
  axes.forEach((given, index) => {
    const axis = normalAxis(given, dims.length)
    if (axis === undefined) return
    const dim = dims[axis]
    const added = pads && pads[index] + pads[index + axes.length]
    if (added !== 0) dims[axis] = typeof dim === 'number' && added !== undefined ? dim + added : scope.fresh()
  })
  return [dims]
}

/** Moves blocks between channels and space; `factor` multiplies the sides. */
function blocks(direction: 'to-space' | 'to-depth'): ShapeRule {
  return (operator, scope) => {
    const shape = scope.shape(operator.inputs[0])
    if (shape?.length !== 4) return [undefined]
    const block = numberAttribute(operator, 'blocksize', Number.NaN)
    const factors =
      direction === 'to-space' ? [1, 1 / (block * block), block, block] : [1, block * block, 1 / block, 1 / block]
    return [
      shape.map((dim, axis) =>
        typeof dim === 'number' ? Math.round(dim * factors[axis]) : axis ? scope.fresh() : dim,
      ),
    ]
  }
}

export const LAYOUT_RULES: Readonly<Record<string, ShapeRule>> = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  GatherElements: ({ inputs }, scope) => [scope.shape(inputs[1] ?? '')],
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Tile: tile,
  Pad: pad,
  DepthToSpace: blocks('to-space'),
  SpaceToDepth: blocks('to-depth'),
}
