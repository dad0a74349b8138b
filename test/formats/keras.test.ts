/** Keras files of every kind: which weights belong to which layer, and that both containers give the same network. */
import { describe, expect, it } from 'vitest'
import { memorySource } from '../../src/formats/memory-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { unitGraph } from '../../src/graph/walk.ts'
import { archive, h5Model, layer, ramp, sequential } from './keras-files.ts'

const open = (bytes: Uint8Array, name: string) => openNetwork(memorySource(bytes, { name }))

const CNN = sequential(
  [6, 6, 2],
  layer('Conv2D', 'first', { filters: 3, kernel_size: [3, 3], padding: 'same', activation: 'relu' }),
  layer('BatchNormalization', 'norm', { axis: [3] }),
  layer('MaxPooling2D', 'pool', { pool_size: [2, 2] }),
  layer('Flatten', 'flat'),
  layer('Dense', 'second', { units: 4, activation: 'softmax' }),
)
const first = { kernel: ramp(3, 3, 2, 3), bias: ramp(3) }
const norm = { gamma: ramp(3), beta: ramp(3), moving_mean: ramp(3), moving_variance: ramp(3) }
const second = { kernel: ramp(27, 4), bias: ramp(4) }

describe('containers', () => {
  it('.h5 and .keras of one network are the same network, and have the same graph', async () => {
    const fromH5 = await open(await h5Model(CNN, { first, norm, pool: {}, second }), 'net.h5')
    const parts = { conv2d: first, batch_normalization: norm, dense: second }
    const weights = Object.fromEntries(Object.entries(parts).map(([name, own]) => [name, Object.values(own)]))
    for (const level of [0, 6] as const) {
      const fromArchive = await open(await archive(CNN, weights, level), 'net.keras')
      expect(fromArchive.operators).toEqual(fromH5.operators)
      expect((await unitGraph(fromArchive)).graph).toEqual((await unitGraph(fromH5)).graph)
    }
    expect(fromH5.operators.map(({ name }) => name)).toEqual([
      ...['first', 'first.relu', 'norm', 'pool', 'flat', 'second', 'second.softmax'],
    ])
    expect(fromH5.shapes.get('flat')).toEqual([null, 27])
  })
})
