/** Real networks by others, saved for one example, are trained further. Skipped where the folder of networks is absent. */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Dataset } from '../../src/data/dataset.ts'
import { fileSource } from '../../src/formats/file-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { randomStream } from '../../src/random.ts'
import { fit } from '../../src/training/fit.ts'

const FOLDER = '../shared/nets/onnx'
const FILES: [string, number[]][] = [
  ['mnist-batchnorm-opset16.onnx', [1, 28, 28]],
  ['mnist-cntk-opset1.onnx', [1, 28, 28]],
  ['mnist-colt-convmed.onnx', [1, 28, 28]],
  ['cifar10-resnet-2b.onnx', [3, 32, 32]],
]

describe.skipIf(!existsSync(FOLDER))('fine-tuning', () => {
  for (const [file, shape] of FILES) {
    it(`${file} learns a few examples by heart`, async () => {
      const network = await openNetwork(await fileSource(`${FOLDER}/${file}`))
      const random = randomStream(1)
      const size = shape.reduce((product, length) => product * length, 1)
      const inputs = Float32Array.from({ length: 16 * size }, () => random.uniform())
      const split = { inputs, labels: Int32Array.from({ length: 16 }, () => random.below(10)) }
      const dataset: Dataset = {
        ...{ name: 'few', shape, divisor: 1, classes: [...'0123456789'], heads: 1, outputs: 10, shuffle: true },
        ...{ train: split, tests: { test: split }, provenance: 'Made for a test.' },
      }
      const { history, network: tuned } = await fit(network, dataset, { seed: 1, epochs: 12, batch: 8, rate: 1e-3 })
      expect(history.at(-1)!.loss).toBeLessThan(history[0].loss * 0.7)
      expect(tuned.inputs).toEqual(network.inputs)
    })
  }
})
