/** Networks by others can be differentiated in all their parameters: the gradient's length is the loss's steepest slope. */
import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { gradientGraph, gradientName } from '../../src/autodiff/gradient-graph.ts'
import { meanSquaredError } from '../../src/autodiff/losses.ts'
import { trainableParameters, withInputs } from '../../src/autodiff/parameters.ts'
import { fileSource } from '../../src/formats/file-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { ortNodeRuntime } from '../../src/runtime/ort-node.ts'
import { elementCount, type Tensor } from '../../src/tensor/tensor.ts'
import { draw, floats } from './gradient-case.ts'

const FOLDER = '../shared/nets/onnx'
const present = existsSync(FOLDER)
const files = present ? readdirSync(FOLDER).filter(name => name.endsWith('.onnx')) : []
const runtime = await ortNodeRuntime().catch(() => undefined)

describe.skipIf(!present || !runtime)('networks by others (skipped without ../shared and onnxruntime-node)', () => {
  it.each(files)('%s', async file => {
    const network = await openNetwork(await fileSource(`${FOLDER}/${file}`))
    const judged = await meanSquaredError(network)
    const names = trainableParameters(judged.network).map(({ name }) => name)
    const open = withInputs(judged.network, names)
    const feeds: Record<string, Tensor> = {}
    for (const [seed, { name, shape }] of judged.network.inputs.entries()) {
      const sizes = shape.map(size => size ?? 2)
      feeds[name] = floats(draw(sizes, seed, [-1, 1]), sizes, 'float32')
    }
    for (const name of names) feeds[name] = await judged.network.weights.get(name)!.read()
    const session = await runtime!.load(await gradientGraph(open, { loss: judged.loss, wrt: names }))
    const results = await session.run(feeds)
    const gradient = new Map(names.map(name => [name, results[gradientName(name)].data as Float32Array]))
    const squares = Array.from(gradient.values(), part => part.reduce((sum, value) => sum + value * value, 0))
    const length = Math.sqrt(squares.reduce((sum, square) => sum + square, 0))
    const step = 0.01 / Math.max(1, length)
    const lossAt = async (distance: number) => {
      const moved = { ...feeds }
      for (const [name, part] of gradient) {
        const { data, shape } = feeds[name]
        expect(part, name).toHaveLength(elementCount(shape))
        const values = Float32Array.from(part, (slope, at) => Number(data[at]) + (distance * slope) / length)
        moved[name] = floats(values, shape, 'float32')
      }
      return Number((await session.run(moved, [judged.loss]))[judged.loss].data[0])
    }
    const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step)
    await session.release()
    expect(names.length).toBeGreaterThan(4)
    // Kinks within the step bend the difference a little.
    expect(slope / length).toBeGreaterThan(0.95)
    expect(slope / length).toBeLessThan(1.05)
  })
})
