/** What weights make of weights: evaluated as exporters write it, and not without end. */
import { expect, it } from 'vitest'
import { createConstants } from '../../src/graph/constants.ts'
import { type Line, networkOf, weights } from './small-network.ts'

async function constantsOf(lines: readonly Line[]) {
  const network = await networkOf([null, 2], { w: weights([2, 2], [1, 2, 3, 4]), v: weights([2], [10, 20]) }, lines)
  const constants = createConstants(network)
  for (const operator of network.operators) constants.add(operator)
  return constants
}

it('follows arithmetic, transposes and reshapes', async () => {
  const { read, known } = await constantsOf([
    ['Transpose', ['w'], ['t']],
    ['Add', ['t', 'v'], ['s']],
    ['Mul', ['s', 's'], ['m']],
    ['Flatten', ['m'], ['f'], { axis: 0 }],
    ['Softmax', ['m'], ['unknown']],
  ])
  expect(await read('f')).toMatchObject({ shape: [1, 4], data: Float64Array.of(121, 529, 144, 576) })
  expect([known('f'), known('unknown'), await read('unknown')]).toEqual([true, false, undefined])
})

it('reads each value once on the way: sixty doublings are no work', async () => {
  const lines = Array.from(
    { length: 60 },
    (_, i): Line => ['Add', i ? [`d${i - 1}`, `d${i - 1}`] : ['w', 'w'], [`d${i}`]],
  )
  const { read } = await constantsOf(lines)
  expect(Array.from((await read('d59'))!.data, Number)).toEqual([1, 2, 3, 4].map(value => value * 2 ** 60))
})

it('gives up on chains that no exporter writes', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i): Line => ['Transpose', [i ? `d${i - 1}` : 'w'], [`d${i}`]])
  const { read, known } = await constantsOf(lines)
  expect([known('d50'), known('d19999'), await read('d19999')]).toEqual([true, false, undefined])
})

it('operators named like built-in properties are not evaluated', async () => {
  const { known } = await constantsOf([['constructor', ['w', 'w'], ['c']]])
  expect(known('c')).toBe(false)
})
