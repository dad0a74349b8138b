/** What module detection promises whoever has a pruned network. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detectModules } from '../../src/sculpt/detect.ts'
import { distanceModularity } from '../../src/sculpt/distance-modularity.ts'
import type { MaskedNetwork } from '../../src/sculpt/masked-network.ts'

type Pair = readonly [from: number, to: number]

function network(arch: readonly number[], pairs: readonly (readonly Pair[])[], weight = 1): MaskedNetwork {
  return {
    arch,
    edges: pairs.map(list => ({
      from: Int32Array.from(list, pair => pair[0]),
      to: Int32Array.from(list, pair => pair[1]),
      weight: new Float64Array(list.length).fill(weight),
    })),
    biases: arch.slice(1).map(size => new Float64Array(size)),
  }
}

const all = (from: readonly number[], to: readonly number[]): Pair[] => from.flatMap(a => to.map(b => [a, b] as const))
const modules = (found: ReturnType<typeof detectModules>) => found.layers.map(layer => [...layer.modules])

/** Inputs 0, 1 through units 0, 2 to outputs 0, 1; inputs 2, 3 through units 1, 3 to outputs 2, 3. Unit 4 is dead. */
const HALVES = [
  [...all([0, 1], [0, 2]), ...all([2, 3], [1, 3]), [0, 4]],
  [...all([0, 2], [0, 1]), ...all([1, 3], [2, 3])],
] as Pair[][]

describe('detectModules', () => {
  it('finds two halves that never meet, whatever their weights', () => {
    for (const weight of [1, -3, 0]) {
      const found = detectModules(network([4, 5, 4], HALVES, weight))
      expect(found.count).toBe(2)
      const [inputs, hidden, outputs] = modules(found)
      expect(found.layers[1].alive).toEqual(Int32Array.of(0, 1, 2, 3))
      expect(inputs).toEqual(outputs)
      expect(inputs[0]).toBe(inputs[1])
      expect(inputs[2]).toBe(inputs[3])
      expect(hidden).toEqual([inputs[0], inputs[2], inputs[0], inputs[2]])
    }
  })

  it('finds one module where all is joined', () => {
    const dense = network([3, 4, 2], [all([0, 1, 2], [0, 1, 2, 3]), all([0, 1, 2, 3], [0, 1])])
    expect(modules(detectModules(dense)).slice(0, 2)).toEqual([
      [0, 0, 0],
      [0, 0, 0, 0],
    ])
  })

  it('gives a sub-function that two others use a module of its own', () => {
    const reused = network(
      [2, 1, 2, 2],
      [
        all([0, 1], [0]),
        all([0], [0, 1]),
        [
          [0, 0],
          [1, 1],
        ],
      ],
    )
    expect(modules(detectModules(reused))).toEqual([[0, 0], [0], [1, 2], [1, 2]])
  })

  it('keeps outputs without edges, each a module of its own, when all else is dead', () => {
    const cut = detectModules(network([2, 3, 2], [[[0, 0]], [[1, 0]]]))
    expect(modules(cut)).toEqual([[], [], [0, 1]])
  })

  it('gives every living unit a module, and dead units play no part', () => {
    const pair = fc.tuple(fc.nat(3), fc.nat(3))
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(pair, { selector: ([a, b]) => 4 * a + b }), { minLength: 3, maxLength: 3 }),
        pairs => {
          const found = detectModules(network([4, 4, 4, 4], pairs))
          for (const { alive, modules, labels } of found.layers) {
            expect([modules.length, labels.length]).toEqual([alive.length, alive.length])
            for (const id of modules) expect(id).toBeLessThan(found.count + 16)
          }
          expect(found.layers[3].alive).toHaveLength(4)
          // A unit that is reached from everywhere, but leads nowhere.
          const wider = pairs.map((list, l) => (l === 1 ? [...list, ...all([0, 1, 2, 3], [4])] : list))
          const dead = detectModules(
            network(
              [4, 4, 5, 4],
              wider.map((list, l) => (l === 1 ? withoutDead(list, pairs) : list)),
            ),
          )
          expect(modules(dead)).toEqual(modules(found))
        },
      ),
      { seed: 2, numRuns: 200 },
    )
  })

  it('refuses thresholds and steps that mean nothing', () => {
    const halves = network([4, 5, 4], HALVES)
    expect(() => detectModules(halves, { step: 0 })).toThrow('The step must be a whole number above 0, not 0.')
    expect(() => detectModules(halves, { mergeThreshold: 2 })).toThrow('between 0 and 1, not at 2')
  })
})

/** The dead unit may only be fed by units that live without it. */
function withoutDead(list: readonly Pair[], pairs: readonly (readonly Pair[])[]): Pair[] {
  const living = new Set(detectModules(network([4, 4, 4, 4], pairs)).layers[1].alive)
  return list.filter(([from, to]) => to !== 4 || living.has(from))
}

describe('distanceModularity', () => {
  it('is −1/2 for two pairs far from each other, whatever the distance', () => {
    const d = Float64Array.of(0, 0, 3, 3, 0, 0, 3, 3, 3, 3, 0, 0, 3, 3, 0, 0)
    expect(distanceModularity(d, Int32Array.of(0, 0, 1, 1))).toBe(-0.5)
    expect(distanceModularity(d, Int32Array.of(0, 1, 2, 2))).toBe(-0.375)
  })

  it('is 0 where all distances are', () => {
    expect(distanceModularity(new Float64Array(9), Int32Array.of(0, 1, 1))).toBe(0)
  })
})
