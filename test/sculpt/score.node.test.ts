/** Scores of hierarchies, and the hierarchy as an object. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { modulePValues, moduleSignatures, moduleStability } from '../../src/sculpt/confidence.ts'
import { detectModules } from '../../src/sculpt/detect.ts'
import { moduleHierarchy } from '../../src/sculpt/hierarchy.ts'
import { parseNetworkLine } from '../../src/sculpt/network-lines.ts'
import { scoreHierarchy } from '../../src/sculpt/score.ts'
import { booleanTask } from '../../src/tasks/boolean.ts'
import { plantedHierarchy } from '../../src/tasks/planted-hierarchy.ts'

const FILE = '../shared/fixtures/neural-sculpting/reference.jsonl'

/** [6,3,3,3] as 6-3-3: three ANDs, the ORs of each two. `swap` sends an edge of the third output astray. */
function pairs(swap = false) {
  const line = {
    arch: [6, 3, 3],
    edges: [
      [0, 1, 2].flatMap(unit => [
        [2 * unit, unit, 1],
        [2 * unit + 1, unit, 1],
      ]),
      [
        [0, 0, 1],
        [1, 0, 1],
        [0, 1, 1],
        [2, 1, 1],
        [1, 2, 1],
        [swap ? 0 : 2, 2, 1],
      ],
    ],
    biases: [[], []],
  }
  return parseNetworkLine(JSON.stringify(line), 'test').network
}

const planted = plantedHierarchy(booleanTask('[6,3,3,3]'), 2)

describe('scoreHierarchy', () => {
  it('knows the planted hierarchy when it sees it', () => {
    const network = pairs()
    expect(scoreHierarchy(network, detectModules(network), planted)).toEqual({
      ...{ exact: true, inputsRight: true, outputsRight: true, modules: 6, planted: 6 },
      ...{ inputAri: 1, outputAri: 1, edgeRecall: 1, edgePrecision: 1 },
    })
  })

  it('grades one that is not quite it', () => {
    const network = pairs(true)
    const score = scoreHierarchy(network, detectModules(network), planted)
    expect(score.exact).toBe(false)
    expect(score.edgeRecall).toBeLessThan(1)
    expect(score.edgeRecall).toBeGreaterThan(0)
  })

  it.skipIf(!existsSync(FILE))('gives the published rates where they leave no room (skipped without ../shared)', () => {
    const rates = new Map<string, boolean[]>()
    for (const line of readFileSync(FILE, 'utf8').trim().split('\n')) {
      const { network, options, task } = parseNetworkLine(line, 'reference')
      const depth = network.arch.length - 2
      const truth = plantedHierarchy(booleanTask(task as string), depth)
      const { exact } = scoreHierarchy(network, detectModules(network, options), truth)
      const key = `${task} ${depth}`
      rates.set(key, [...(rates.get(key) ?? []), exact])
    }
    const all = (key: string, value: boolean) =>
      expect([key, rates.get(key)?.every(exact => exact === value)]).toEqual([key, true])
    for (const task of ['[4,2,4]', '[6,3,3,3]', '[4,1,4]']) for (const depth of [1, 2, 3]) all(`${task} ${depth}`, true)
    for (const k of [2, 4, 8, 12, 16]) all(`[4,1,2,${k}] 1`, false)
    for (const k of [4, 8, 12]) all(`[8,2,1,2,${k}] 2`, true)
    all('[8,2,1,2,12] 3', true)
    all('[4,1,2,16] 2', true)
  })
})

describe('moduleHierarchy', () => {
  it('has levels, edges with counts, and says what is separable, reused and shared', () => {
    const network = pairs()
    const { modules, edges, levels } = moduleHierarchy(network, detectModules(network))
    expect(levels).toBe(2)
    expect(edges).toHaveLength(6)
    expect(edges.every(({ edges: count }) => count === 1)).toBe(true)
    const [below, above] = [modules.filter(m => m.level === 0), modules.filter(m => m.level === 1)]
    expect(below.map(m => [m.inputSeparable, m.reused, m.shared])).toEqual(Array(3).fill([true, true, false]))
    expect(above.map(m => [m.inputSeparable, m.reused, m.sources.length])).toEqual(Array(3).fill([false, false, 4]))
  })
})

describe('confidence', () => {
  it('finds the same modules in a network whose units are numbered otherwise', () => {
    const network = pairs()
    const relabelled = {
      ...network,
      edges: [
        { ...network.edges[0], to: network.edges[0].to.map(unit => 2 - unit) },
        { ...network.edges[1], from: network.edges[1].from.map(unit => 2 - unit) },
      ],
    }
    const own = moduleSignatures(network, detectModules(network))
    const other = moduleSignatures(relabelled, detectModules(relabelled))
    expect(moduleStability(own, [other])).toEqual(own.map(() => 1))
    const swapped = pairs(true)
    const share = moduleStability(own, [other, moduleSignatures(swapped, detectModules(swapped))])
    expect(Math.min(...share.map(Number))).toBe(0.5)
    expect(moduleStability(own, [])).toEqual(own.map(() => null))
  })

  it('gives p for modules that span layers, none for others', () => {
    const network = pairs()
    const found = detectModules(network)
    const p = modulePValues(network, found, { seed: 1, draws: 199 })
    const spanning = moduleHierarchy(network, found).modules.filter(({ units }) => units.length > 1)
    expect(p.filter(value => value !== null)).toHaveLength(spanning.length)
    for (const value of p) if (value !== null) expect(value).toBeLessThanOrEqual(0.15)
    expect(modulePValues(network, found, { seed: 1, draws: 199 })).toEqual(p)
  })
})
