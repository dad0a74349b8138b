/** Real safetensors files by others: what is inferred, and that the network described by a layers.json still works. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../../src/formats/file-source.ts'
import { encodeOnnx } from '../../src/formats/onnx-write.ts'
import { openNetwork } from '../../src/formats/open.ts'

const FOLDER = '../shared/nets/safetensors'
const MNIST = '../shared/data/mnist'
if (!existsSync(FOLDER)) console.warn(`skipped: the real networks of ${FOLDER} are not here`)

const open = async (file: string, layers?: unknown) => openNetwork(await fileSource(`${FOLDER}/${file}`), { layers })

describe.skipIf(!existsSync(FOLDER))('real networks in safetensors', () => {
  it('mnist-mlp-128 is 784-128-10', async () => {
    const network = await open('mnist-mlp-128.safetensors')
    expect(network.operators.map(({ type, inputs }) => [type, inputs[1]])).toEqual([
      ['Gemm', 'l1.weight'],
      ['Gemm', 'l2.weight'],
    ])
    expect(network.inputs[0].shape).toEqual([null, 784])
    expect(network.shapes.get('l1')).toEqual([null, 128])
    expect(network.outputs[0].shape).toEqual([null, 10])
  })

  it('mnist-burn-cnn is three convolutions, a flatten of 22 × 22 and two matrices, with a normalisation after each', async () => {
    const network = await open('mnist-burn-cnn.safetensors')
    expect(network.operators.map(({ name }) => name).join(' ')).toBe('conv1 conv2 conv3 norm1 flatten fc1 fc2 norm2')
    for (const name of ['conv3', 'norm1']) expect(network.shapes.get(name)).toEqual([null, 24, 22 * 22, 1])
    expect(network.shapes.get('conv2')).toEqual([null, 16, null, null])
    expect(network.shapes.get('flatten')).toEqual([null, 11616])
    expect(network.activationsKnown).toBe(false)
  })

  // Sums of absolute values and last values by NumPy, straight from the bytes.
  it.each([
    ['mnist-burn-cnn', 'conv3.weight', 244.73589372538117, -0.08386800438165665],
    ['mnist-burn-cnn', 'fc1.weight', 6298.589519994478, -0.0007706402102485299],
    ['mnist-burn-cnn', 'norm2.running_var', 475.1035976409912, 57.317588806152344],
    ['mnist-mlp-128', 'l1.weight', 1777.3750456024943, -0.0261264406144619],
  ])('%s: %s has the values that NumPy reads', async (file, name, sum, last) => {
    const network = await open(`${file}.safetensors`)
    const values = Array.from((await network.weights.get(name)!.read()).data, Number)
    expect(values.reduce((total, value) => total + Math.abs(value), 0)).toBeCloseTo(sum, 6)
    expect(values.at(-1)).toBe(last)
  })
})

describe.skipIf(!existsSync(FOLDER) || !existsSync(MNIST))('mnist-burn-cnn, described by a layers.json', () => {
  it('recognises digits', async () => {
    const conv = (i: number) => ({ type: 'conv', weight: `conv${i}.weight`, bias: `conv${i}.bias`, activation: 'relu' })
    const dense = (i: number, activation: string) => ({
      type: 'dense',
      weight: `fc${i}.weight`,
      bias: `fc${i}.bias`,
      activation,
    })
    const norm = (i: number) => ({
      type: 'batchnorm',
      scale: `norm${i}.weight`,
      shift: `norm${i}.bias`,
      mean: `norm${i}.running_mean`,
      variance: `norm${i}.running_var`,
    })
    const layers = [conv(1), conv(2), conv(3), norm(1), dense(1, 'relu'), dense(2, 'linear'), norm(2)]
    const session = await ort.InferenceSession.create(
      await encodeOnnx(await open('mnist-burn-cnn.safetensors', layers)),
    )

    const count = 200
    const images = gunzipSync(readFileSync(`${MNIST}/t10k-images-idx3-ubyte.gz`)).subarray(16, 16 + count * 784)
    const labels = gunzipSync(readFileSync(`${MNIST}/t10k-labels-idx1-ubyte.gz`)).subarray(8)
    const pixels = Float32Array.from(images, value => (value / 255 - 0.1307) / 0.3081)
    const input = new ort.Tensor('float32', pixels, [count, 1, 28, 28])
    const { data } = (await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]]
    const scores = data as Float32Array
    let right = 0
    for (let i = 0; i < count; i++) {
      const row = scores.subarray(10 * i, 10 * i + 10)
      right += Number(row.indexOf(Math.max(...row)) === labels[i])
    }
    // Measured: 98.8 % of the first 500 test digits. A matrix read the wrong way leaves about 10 %.
    expect(right / count).toBeGreaterThan(0.95)
  })
})
