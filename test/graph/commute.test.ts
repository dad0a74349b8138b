import { describe, expect, it } from 'vitest'
import { commuteAffinity } from '../../src/graph/commute.ts'
import { degrees, type UnitGraph } from '../../src/graph/unit-graph.ts'
import { blockMatrix } from './block-matrix.ts'

function chain(sizes: readonly number[], values: readonly (readonly number[])[]): UnitGraph {
  return {
    layers: sizes.map((size, l) => ({ name: `l${l}`, size, role: 'hidden', kind: 'neuron' })),
    blocks: values.map((block, l) => ({
      from: l,
      to: l + 1,
      edges: { kind: 'dense', values: Float32Array.from(block) },
    })),
  }
}

describe('inverse commute times', () => {
  it('follow the effective resistance: conductances in a row add up as resistors', () => {
    // Units 0 – 1 – 2 with conductances 2 and 4: resistances 1/2, 1/4 and 3/4 from end to end; volume 12.
    const affinity = commuteAffinity(chain([1, 1, 1], [[2], [4]]))
    expect(blockMatrix(affinity, 0, 1).values[0]).toBeCloseTo(12 / 0.5, 4)
    expect(blockMatrix(affinity, 1, 2).values[0]).toBeCloseTo(12 / 0.25, 4)
    expect(blockMatrix(affinity, 0, 2).values[0]).toBeCloseTo(12 / 0.75, 4)
  })

  it('link units of one layer, each pair once', () => {
    // Two inputs read by one unit with conductances 1 and 2: 1 + 1/2 between the inputs, volume 6.
    const affinity = commuteAffinity(chain([2, 1], [[1, 2]]))
    const within = affinity.blocks.find(({ from, to }) => from === to)
    expect(within?.from).toBe(0)
    expect([...blockMatrix(affinity, 0, 0).values]).toEqual([0, 0, expect.closeTo(6 / 1.5, 5), 0])
    expect(degrees(affinity)[0]).toBeCloseTo(6 / 1 + 6 / 1.5, 4)
  })

  it('agree with NumPy’s pseudo-inverse', () => {
    // vol / (G_ii + G_jj − 2 G_ij) with G = pinv(D − A), computed in NumPy for this graph.
    const affinity = commuteAffinity(
      chain(
        [2, 3, 2],
        [
          [1, 0.5, 0, 2, 3, 0.25],
          [0.1, 1, 0, 2, 0.3, 4],
        ],
      ),
    )
    const at = (from: number, to: number, index: number) => blockMatrix(affinity, from, to).values[index]
    expect(at(0, 1, 3) / 63.67227722772296).toBeCloseTo(1, 6)
    expect(at(0, 2, 1) / 21.62430431786317).toBeCloseTo(1, 6)
    expect(at(1, 1, 6) / 64.72985844359073).toBeCloseTo(1, 6)
  })

  it('leave components and isolated units apart', () => {
    const affinity = commuteAffinity(chain([2, 3], [[1, 0, 0, 2, 0, 0]]))
    expect([...blockMatrix(affinity, 0, 1).values].map(value => value > 0)).toEqual([
      true,
      false,
      false,
      true,
      false,
      false,
    ])
    expect(affinity.blocks.some(({ from, to }) => from === to)).toBe(false)
  })

  it('refuse graphs that would take too long', () => {
    expect(() => commuteAffinity(chain([4000, 1], [Array(4000).fill(1)]))).toThrow(/4001 units/)
  })
})
