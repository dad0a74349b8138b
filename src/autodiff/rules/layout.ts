/** Operators that move, join, cut and repeat values without computing on them. */
import { UnsupportedError } from '../../errors.ts'
import { normalAxis } from '../../network/dims.ts'
import { numberAttribute, numbersAttribute, type Operator } from '../../network/network.ts'
import { reshapeLike, sumTo, zerosLike } from '../broadcasting.ts'
import { type Draft, requireShape, requireSizes } from '../draft.ts'
import { type GradientRule, unary } from './rule.ts'

const back = unary(({ draft, dy }, x) => reshapeLike(draft, dy, x))

const transpose = unary(({ draft, operator, dy }, x) => {
  const order = numbersAttribute(operator, 'perm')
  if (!order) return draft.op('Transpose', [dy])
  const inverse = requireShape(draft, operator, x).map((_, axis) => order.indexOf(axis))
  return draft.op('Transpose', [dy], { perm: inverse })
})

function axisOf(draft: Draft, operator: Operator, value: string, fallback: number): number {
  const axis = numberAttribute(operator, 'axis', fallback)
  return normalAxis(axis, requireShape(draft, operator, value).length) ?? axis
}

/** Each input takes its part; parts that nobody asked for are not cut out. */
const concat: GradientRule = ({ draft, operator, dy, inputs, needs }) => {
  const axis = axisOf(draft, operator, inputs[0], 0)
  const last = inputs.findLastIndex((_, index) => needs(index))
  const sizes = inputs.slice(0, last + 1).map(input => requireSizes(draft, operator, input, [axis])[0])
  let start = 0
  return sizes.map((size, index) => {
    const [from, to] = [start, (start += size)]
    if (!needs(index)) return undefined
    const bounds = [from, to, axis].map(value => draft.integers([value]))
    return draft.op('Slice', [dy, ...bounds])
  })
}

const split: GradientRule = ({ draft, operator, outputs, gradients }) => {
  const axis = axisOf(draft, operator, operator.inputs[0], 0)
  const parts = outputs.map((output, index) => gradients[index] ?? zerosLike(draft, output))
  return [draft.op('Concat', parts, { axis })]
}

/** The constant integers in an input; undefined where the input is left out. */
function constantInput(draft: Draft, operator: Operator, index: number): readonly number[] | undefined {
  const name = operator.inputs[index]
  if (!name) return undefined
  const values = draft.vector(name)
  if (values) return values
  throw new UnsupportedError(
    'unsupported.gradient-axes',
    `The gradient of "${operator.name}" (${operator.type}) needs "${name}" to be constant; it is computed.`,
  )
}

/** Puts the gradient back in its place among zeros: by padding, or with steps by looking up each element's source. */
const slice = unary(({ draft, operator, dy }, x) => {
  const { op, integers } = draft
  const rank = requireShape(draft, operator, x).length
  const [starts, ends] = [1, 2].map(index => constantInput(draft, operator, index) ?? [])
  const axes = (constantInput(draft, operator, 3) ?? starts.map((_, axis) => axis)).map(
    axis => normalAxis(axis, rank) ?? axis,
  )
  const steps = constantInput(draft, operator, 4) ?? starts.map(() => 1)
  const pads: number[] = new Array(2 * rank).fill(0)
  const lookups: { axis: number; sources: readonly number[] }[] = []
  axes.forEach((axis, index) => {
    const step = steps[index]
    if (starts[index] === 0 && ends[index] >= Number.MAX_SAFE_INTEGER && step === 1) return
    const [size] = requireSizes(draft, operator, x, [axis])
    const bound = (at: number) =>
      Math.min(Math.max(at < 0 ? at + size : at, step < 0 ? -1 : 0), step < 0 ? size - 1 : size)
    const [start, end] = [bound(starts[index]), bound(ends[index])]
    const count = Math.max(0, Math.ceil((end - start) / step))
    if (step === 1) {
      pads[axis] = start
      pads[axis + rank] = size - start - count
      return
    }
    // One element of zeros behind the gradient is what every position that was not taken reads.
    pads[axis + rank] = 1
    const sources: number[] = new Array(size).fill(count)
    for (let taken = 0; taken < count; taken++) sources[start + taken * step] = taken
    lookups.push({ axis, sources })
  })
  const padded = pads.every(pad => pad === 0) ? dy : op('Pad', [dy, integers(pads)], { mode: 'constant' })
  return lookups.reduce((value, { axis, sources }) => op('Gather', [value, integers(sources)], { axis }), padded)
})

/** Rows that were picked several times sum up. */
const gather: GradientRule = ({ draft, operator, dy, inputs: [x, indices], needs }) => {
  if (!needs(0)) return []
  const { op, integers } = draft
  const axis = axisOf(draft, operator, x, 0)
  const rank = requireShape(draft, operator, x).length
  const indexRank = requireShape(draft, operator, indices).length
  const places = op('Unsqueeze', [indices, integers([-1])])
  const reduction = { reduction: 'add' }
  if (axis === 0) return [op('ScatterND', [zerosLike(draft, x), places, dy], reduction)]
  // The axis picked from comes first: [axis, before, behind], and the gradient as [indices, before, behind].
  const others = Array.from({ length: rank }, (_, at) => at).filter(at => at !== axis)
  const front = [axis, ...others]
  const outer = Array.from({ length: rank - 1 + indexRank }, (_, at) => at)
  const picked = outer.slice(axis, axis + indexRank)
  const moved = op('Transpose', [dy], { perm: [...picked, ...outer.filter(at => !picked.includes(at))] })
  const zeros = op('Transpose', [zerosLike(draft, x)], { perm: front })
  const scattered = op('ScatterND', [zeros, places, moved], reduction)
  return [op('Transpose', [scattered], { perm: front.map((_, at) => front.indexOf(at)) })]
}

const gatherElements: GradientRule = ({ draft, operator, dy, inputs: [x, indices], needs }) => {
  if (!needs(0)) return []
  const attributes = { axis: numberAttribute(operator, 'axis', 0), reduction: 'add' }
  return [draft.op('ScatterElements', [zerosLike(draft, x), indices, dy], attributes)]
}

const expand: GradientRule = ({ draft, dy, inputs: [x] }) => [sumTo(draft, dy, x)]

/** Each axis is taken apart into repeats and the axis itself. */
const tile = unary(({ draft, operator, dy }, x) => {
  const { op, integers } = draft
  const shape = requireShape(draft, operator, x)
  const repeats = constantInput(draft, operator, 1) ?? []
  const sizes = requireSizes(
    draft,
    operator,
    x,
    shape.map((_, axis) => axis),
  )
  const apart = op('Reshape', [dy, integers(sizes.flatMap((size, axis) => [repeats[axis], size]))])
  return op('ReduceSum', [apart, integers(sizes.map((_, axis) => 2 * axis))], { keepdims: 0 })
})

/** Only padding with a constant, whose value is not differentiated. */
const pad: GradientRule = ({ draft, operator, dy, inputs: [x], needs }) => {
  const { op, integers } = draft
  const pads = constantInput(draft, operator, 1) ?? []
  const rank = requireShape(draft, operator, x).length
  const axes = (constantInput(draft, operator, 3) ?? Array.from({ length: rank }, (_, axis) => axis)).map(
    axis => normalAxis(axis, rank) ?? axis,
  )
  const isConstant = (operator.attributes.mode ?? 'constant') === 'constant'
  if (!isConstant || pads.some(count => count < 0) || needs(2))
    throw new UnsupportedError(
      'unsupported.gradient',
      `lobes has the gradient of Pad with constant values and no cutting off; "${operator.name}" is another (mode ${operator.attributes.mode ?? 'constant'}, pads ${pads}).`,
    )
  const cut = axes.flatMap((axis, index) => {
    const [before, behind] = [pads[index], pads[index + axes.length]]
    return before || behind ? [{ axis, before, end: behind ? -behind : Number.MAX_SAFE_INTEGER }] : []
  })
  if (cut.length === 0) return [dy]
  const bounds = [cut.map(({ before }) => before), cut.map(({ end }) => end), cut.map(({ axis }) => axis)]
  return [op('Slice', [dy, ...bounds.map(integers)])]
}

/** The ratio counts only in training mode, whose random mask belongs to the caller: fed as an input and multiplied. */
const dropout: GradientRule = ({ draft, operator, dy, inputs: [, , training] }) => {
  const isOff = !training || draft.vector(training)?.[0] === 0
  if (isOff) return [dy]
  throw new UnsupportedError(
    'unsupported.gradient',
    `"${operator.name}" is a Dropout in training mode: multiply by a mask that is an input of the network instead.`,
  )
}

export const LAYOUT_RULES: Readonly<Record<string, GradientRule>> = {
  Reshape: back,
  Flatten: back,
  Squeeze: back,
  Unsqueeze: back,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  GatherElements: gatherElements,
  Expand: expand,
  Tile: tile,
  Pad: pad,
  Dropout: dropout,
}
