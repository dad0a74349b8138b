/** Layouts against the plain way: one slot number for every element. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { align, reshape, transpose } from '../../src/graph/layout.ts'
import { compactStrides, type Signal, selectAlong, slotsOf } from '../../src/graph/signal.ts'

/** A signal over `shape` whose units are numbered along the marked axes. */
function signalOf(shape: readonly number[], marked: readonly boolean[], layer = 0): Signal {
  const axes = compactStrides(shape.map((size, a) => (size === 1 ? [] : [{ size, stride: marked[a] ? 1 : 0 }])))
  const slots = slotsOf(axes.flat().filter(factor => factor.stride !== 0)).length
  const units = Int32Array.from({ length: slots }, (_, u) => u)
  return { axes, slots, terms: [{ layer, units, gains: new Float64Array(slots).fill(1) }], gauge: units }
}

/** Unit of each element in row-major order. */
function unitsOf(signal: Signal): number[] {
  return [...slotsOf(signal.axes.flat())].map(slot => signal.terms[0].units[slot])
}

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
const withMarks = shapes.chain(shape =>
  fc.tuple(fc.constant(shape), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length })),
)

describe('layouts', () => {
  it('a reshape keeps every element where it is, through any shape and back', () => {
    fc.assert(
      fc.property(withMarks, fc.integer({ min: 1, max: 6 }), ([shape, marks], split) => {
        const signal = signalOf(shape, marks)
        const count = shape.reduce((product, size) => product * size, 1)
        const flat = reshape(signal, [count])
        expect(flat && unitsOf(flat)).toEqual(unitsOf(signal))
        const back = flat && reshape(flat, shape)
        expect(back?.axes).toEqual(signal.axes)
        const other = count % split === 0 ? reshape(signal, [count / split, split]) : undefined
        if (other) expect(unitsOf(other)).toEqual(unitsOf(signal))
      }),
      { seed: 1 },
    )
  })

  it('an open dimension takes what is left', () => {
    const signal = { ...signalOf([1, 3, 4], [false, true, false]) }
    const open: Signal = { ...signal, axes: [[{ size: null, stride: 0 }], ...signal.axes.slice(1)] }
    expect(reshape(open, [null, 12])?.axes).toEqual([
      [{ size: null, stride: 0 }],
      [...signal.axes[1], ...signal.axes[2]],
    ])
    expect(reshape(open, [1, 12])?.axes[1]).toHaveLength(2)
    expect(reshape(open, [null, 5])).toBeUndefined()
  })

  it('a transpose moves elements as NumPy does', () => {
    const signal = signalOf([2, 3], [true, true])
    expect(unitsOf(transpose(signal, [1, 0]))).toEqual([0, 3, 1, 4, 2, 5])
  })

  it('picking indices along an axis picks their elements', () => {
    fc.assert(
      fc.property(
        withMarks,
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }),
        ([shape, marks], a, picks) => {
          const axis = a % shape.length
          const indices = picks.map(index => index % shape[axis])
          const picked = selectAlong(signalOf(shape, marks), axis, indices) as Signal
          const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1)
          const outer = shape.slice(0, axis).reduce((product, size) => product * size, 1)
          const all = unitsOf(signalOf(shape, marks))
          const expected: number[] = []
          for (let o = 0; o < outer; o++)
            for (const index of indices)
              for (let i = 0; i < inner; i++) expected.push(all[(o * shape[axis] + index) * inner + i])
          expect(unitsOf(picked)).toEqual(expected)
        },
      ),
      { seed: 2 },
    )
  })

  it('aligned signals have one layout and still hold their own units', () => {
    fc.assert(
      fc.property(withMarks, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), ([shape, marks], others) => {
        const [a, b] = [signalOf(shape, marks), signalOf(shape, others.slice(0, shape.length), 1)]
        const aligned = align([a, b]) as Signal[]
        expect(aligned[0].axes).toEqual(aligned[1].axes)
        expect(aligned.map(unitsOf)).toEqual([unitsOf(a), unitsOf(b)])
      }),
      { seed: 3 },
    )
  })
})
