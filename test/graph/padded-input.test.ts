/** Networks that pad their input before the first convolution: the input's units are its channels all the same. */
import { expect, it } from 'vitest'
import { unitGraph } from '../../src/graph/walk.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { blockMatrix } from './block-matrix.ts'
import { type Line, networkOf, weights } from './small-network.ts'

const pads = (...sizes: readonly number[]) => tensor(BigInt64Array.from(sizes, BigInt), [sizes.length])
const KERNEL = weights([2, 3, 1, 1], [1, -2, 3, -4, 5, -6])
const conv = (from: string): Line => ['Conv', [from, 'k'], ['y'], { kernel_shape: [1, 1] }]

it.each<[string, (number | null)[], readonly number[], Line[]]>([
  ['channels first', [null, 3, 4, 5], [0, 0, 0, 0, 0, 0, 1, 1], [['Pad', ['x', 'p'], ['padded']], conv('padded')]],
  ['one axis alone', [null, 3, 4, 5], [0, 0, 1, 0, 0, 0, 1, 0], [['Pad', ['x', 'p'], ['padded']], conv('padded')]],
  [
    'channels last, turned after it',
    [null, 4, 5, 3],
    [0, 1, 1, 0, 0, 1, 1, 0],
    [['Pad', ['x', 'p'], ['padded']], ['Transpose', ['padded'], ['t'], { perm: [0, 3, 1, 2] }], conv('t')],
  ],
  [
    'channels last, turned before it',
    [null, 4, 5, 3],
    [0, 0, 1, 1, 0, 0, 1, 1],
    [['Transpose', ['x'], ['t'], { perm: [0, 3, 1, 2] }], ['Pad', ['t', 'p'], ['padded']], conv('padded')],
  ],
])('%s', async (_, input, sizes, lines) => {
  const network = await networkOf(input, { k: KERNEL, p: pads(...sizes) }, lines)
  const { graph, leftOut } = await unitGraph(network, { canonical: 'none' })
  expect(leftOut).toEqual([])
  expect(graph.layers.map(({ name, size, kind }) => [name, size, kind])).toEqual([
    ['x', 3, 'channel'],
    ['y', 2, 'channel'],
  ])
  expect([...blockMatrix(graph, 0, 1).values]).toEqual([1, 2, 3, 4, 5, 6])
})
