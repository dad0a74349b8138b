/** Slices: begin and size, or NumPy's begin : end : stride with its masks. */
import { integerAttribute } from '../graph-def.ts'
import { constantsOf, type Rule, unsupported } from './rule.ts'

const TO_THE_END = Number.MAX_SAFE_INTEGER

export const slice: Rule = (node, [value, beginValue, sizeValue], draft) => {
  const begin = constantsOf(node, beginValue, draft)
  const size = constantsOf(node, sizeValue, draft)
  const ends = begin.map((from, axis) => (size[axis] === -1 ? TO_THE_END : from + size[axis]))
  const bounds = [begin, ends].map((numbers, index) =>
    draft.integers(`${node.name}/${index ? 'ends' : 'starts'}`, numbers),
  )
  return { plain: draft.op(node.name, 'Slice', [draft.plain(value), ...bounds]) }
}

/**
 * A bit of a mask belongs to one entry of the specification: `begin_mask` and `end_mask` leave a bound out,
 * `shrink_axis_mask` takes one index and drops the axis, `new_axis_mask` adds one, `ellipsis_mask` stands for as many
 * whole axes as fit.
 */
export const stridedSlice: Rule = (node, [value, ...specification], draft) => {
  const [begin, end, strides] = specification.map(part => constantsOf(node, part, draft))
  const mask = (name: string) => {
    const bits = integerAttribute(node, name, 0)
    return (entry: number) => (bits >> entry) % 2 !== 0
  }
  const [isOpenBegin, isOpenEnd, shrinks] = ['begin_mask', 'end_mask', 'shrink_axis_mask'].map(mask)
  const [isNew, isEllipsis] = ['new_axis_mask', 'ellipsis_mask'].map(mask)
  const rank = draft.shape(value)?.length
  const own = begin.filter((_, entry) => !isNew(entry) && !isEllipsis(entry)).length

  const cuts: { axis: number; start: number; end: number; step: number }[] = []
  const dropped: number[] = []
  const added: number[] = []
  let axis = 0
  for (let entry = 0; entry < begin.length; entry++) {
    if (isEllipsis(entry)) {
      if (rank === undefined) throw unsupported(node, 'has an ellipsis over a value of unknown shape')
      axis += rank - own
    } else if (isNew(entry)) added.push(axis - dropped.length + added.length)
    else {
      const step = shrinks(entry) ? 1 : strides[entry]
      const last = shrinks(entry) ? (begin[entry] === -1 ? TO_THE_END : begin[entry] + 1) : end[entry]
      const isFree = !shrinks(entry)
      const start = isFree && isOpenBegin(entry) ? (step > 0 ? 0 : TO_THE_END) : begin[entry]
      const stop = isFree && isOpenEnd(entry) ? (step > 0 ? TO_THE_END : -TO_THE_END) : last
      cuts.push({ axis, start, end: stop, step })
      if (shrinks(entry)) dropped.push(axis)
      axis++
    }
  }

  let name = draft.plain(value)
  if (cuts.length > 0) {
    const rows = (['start', 'end', 'axis', 'step'] as const).map(key =>
      draft.integers(
        `${node.name}/${key}`,
        cuts.map(cut => cut[key]),
      ),
    )
    name = draft.op(node.name, 'Slice', [name, ...rows])
  }
  for (const [type, axes] of [
    ['Squeeze', dropped],
    ['Unsqueeze', added],
  ] as const)
    if (axes.length > 0) name = draft.op(node.name, type, [name, draft.integers(`${node.name}/axes`, axes)])
  return { plain: name }
}
