/** Networks by others, as their exporters wrote them, compute the same on the reference and on ONNX Runtime. */
import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../../src/formats/file-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { chooseRuntime } from '../../src/runtime/choose.ts'
import { difference, floats } from './cases/operator-case.ts'

const FOLDER = '../shared/nets/onnx'
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter(name => name.endsWith('.onnx')) : []

describe.skipIf(files.length === 0)('networks by others', () => {
  it.each(files)('%s', async file => {
    const network = await openNetwork(await fileSource(`${FOLDER}/${file}`))
    const [input] = network.inputs
    const feeds = {
      [input.name]: floats(
        input.shape.map(size => size ?? 2),
        0,
        1,
      ),
    }
    const [expected, actual] = await Promise.all(
      (['reference', 'onnxruntime-node'] as const).map(async prefer => {
        const session = await (await chooseRuntime({ prefer })).load(network)
        return session.run(feeds)
      }),
    )
    for (const { name } of network.outputs) {
      expect(new Set(expected[name].data as Float32Array).size).toBeGreaterThan(1)
      expect(difference(actual[name], expected[name], 1e-4)).toBeUndefined()
    }
  })
})
