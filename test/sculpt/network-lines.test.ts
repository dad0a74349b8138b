/** Lines that do not fit are refused with their place. */
import { describe, expect, it } from 'vitest'
import { parseNetworkLine } from '../../src/sculpt/network-lines.ts'

const GOOD = { id: 7, arch: [2, 1], edges: [[[0, 0, 1.5]]], biases: [[[0, -1]]], modularity: [4, 1, 2] }

describe('parseNetworkLine', () => {
  it('reads a network, its options and its task', () => {
    const line = JSON.stringify({ ...GOOD, step: 1, merge_threshold: 0.6, mm_threshold: 0.3, lr: 1 })
    const read = parseNetworkLine(line, 'x')
    expect(read.id).toBe(7)
    expect(read.task).toBe('[4,1,2]')
    expect(read.options).toEqual({ step: 1, mergeThreshold: 0.6, modularityThreshold: 0.3 })
    expect(read.network.edges[0].weight).toEqual(Float64Array.of(1.5))
    expect(read.network.biases[0]).toEqual(Float64Array.of(-1))
  })

  it.each([
    [{ arch: [2] }, '"arch" must be a list of at least two layer sizes, not [2].'],
    [{ arch: [2, 1e12] }, '"arch" must be'],
    [{ edges: [] }, '"edges" must have a list for each of the 1 steps between layers, not [].'],
    [{ edges: [[[2, 0, 1]]] }, 'edges[0][0] must be [unit below 2, unit below 1, weight], not [2,0,1].'],
    [{ edges: [[[0, 0, null]]] }, 'not [0,0,null].'],
    [
      {
        edges: [
          [
            [0, 0, 1],
            [0, 0, 2],
          ],
        ],
      },
      'edges[0][1] is a second edge from 0 to 0.',
    ],
    [{ biases: 3 }, '"biases" must have a list'],
    [{ biases: [[[1, 1]]] }, 'biases[0][0] must be [unit below 1, bias], not [1,1].'],
    [{ step: 0 }, '"step" must be a whole number above 0, not 0.'],
    [{ mm_threshold: '0.2' }, '"mm_threshold" must be from 0 to 1, not "0.2".'],
    [{ modularity: {} }, '"modularity" must be a list of numbers or a name, not {}.'],
    [{ id: [] }, '"id" must be a number or text.'],
  ])('%j is refused', (change, message) => {
    const read = () => parseNetworkLine(JSON.stringify({ ...GOOD, ...change }), 'nets.jsonl, line 3')
    expect(read).toThrow(message)
    expect(read).toThrow(/^nets\.jsonl, line 3/)
  })

  it('refuses what is no JSON', () => {
    expect(() => parseNetworkLine('{"id":', 'nets.jsonl, line 9')).toThrow(/^nets\.jsonl, line 9 is no valid JSON/)
  })
})
