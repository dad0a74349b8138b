/** How many bits a hierarchy takes. */
import { describe, expect, it } from 'vitest'
import { decompositionCost } from '../../src/sculpt/decomposition-cost.ts'
import { detectModules } from '../../src/sculpt/detect.ts'
import type { MaskedNetwork } from '../../src/sculpt/masked-network.ts'
import { booleanTask } from '../../src/tasks/boolean.ts'
import { truthTable } from '../../src/tasks/function-graph.ts'
import { outputFunctions } from '../../src/tasks/output-functions.ts'

function network(arch: number[], ...layers: [number, number][][]): MaskedNetwork {
  return {
    arch,
    edges: layers.map(list => ({
      from: Int32Array.from(list, ([from]) => from),
      to: Int32Array.from(list, ([, to]) => to),
      weight: new Float64Array(list.length).fill(1),
    })),
    biases: arch.slice(1).map(units => new Float64Array(units)),
  }
}

function bits(task: string, of: MaskedNetwork): number {
  return decompositionCost(of, detectModules(of), outputFunctions(truthTable(booleanTask(task))))
}

describe('decompositionCost', () => {
  it('is the table of a function, once for all its copies', () => {
    const dense = network(
      [4, 2, 4],
      [0, 1].flatMap(unit => [0, 1, 2, 3].map((input): [number, number] => [input, unit])),
      [0, 1, 2, 3].flatMap(output => [0, 1].map((unit): [number, number] => [unit, output])),
    )
    expect(bits('[4,1,4]', dense)).toBe(16)
  })

  it('adds up the tables of modules: three ANDs of two inputs, three ORs of two of them', () => {
    const gates: [number, number][] = [0, 1, 2, 3, 4, 5].map(input => [input, input >> 1])
    const ors: [number, number][] = [
      [0, 0],
      [1, 0],
      [0, 1],
      [2, 1],
      [1, 2],
      [2, 2],
    ]
    expect(bits('[6,3,3,3]', network([6, 3, 3], gates, ors))).toBe(24)
  })

  it('is less for two functions apart than for one module that computes both', () => {
    const apart: [number, number][] = [0, 1].flatMap(side => [0, 1].map((i): [number, number] => [2 * side + i, side]))
    const outputs: [number, number][] = [
      [0, 0],
      [0, 1],
      [1, 2],
      [1, 3],
    ]
    const mixed: [number, number][] = [0, 1].flatMap(unit => [0, 1, 2, 3].map((i): [number, number] => [i, unit]))
    const all: [number, number][] = [0, 1, 2, 3].flatMap(o => [0, 1].map((unit): [number, number] => [unit, o]))
    expect([
      bits('[4,2,4]', network([4, 2, 4], apart, outputs)),
      bits('[4,2,4]', network([4, 2, 4], mixed, all)),
    ]).toEqual([8, 32])
  })
})
