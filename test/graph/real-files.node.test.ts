/**
 * Graphs of real files. The expected numbers were computed from the files by a separate program in Python and NumPy
 * (its own protobuf reader; |w| summed over kernel and flattened block, times |γ|/√(σ² + ε)), not by this library.
 */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../../src/formats/file-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { type GraphOptions, unitGraph } from '../../src/graph/walk.ts'
import { blockMatrix } from './block-matrix.ts'

const FOLDER = '../shared/nets/onnx'

async function open(file: string, options: GraphOptions = {}) {
  const network = await openNetwork(await fileSource(`${FOLDER}/${file}`))
  const result = await unitGraph(network, { canonical: 'none', ...options })
  const sizes = result.graph.layers.map(layer => layer.size)
  const links = result.graph.blocks.map(({ from, to }) => `${from}>${to}`)
  return { ...result, sizes, links }
}

/** Checks the sum of a block and one of its edges. */
function expectBlock(
  graph: Parameters<typeof blockMatrix>[0],
  from: number,
  to: number,
  sum: number,
  at: [number, number],
  edge: number,
) {
  const { values, columns } = blockMatrix(graph, from, to)
  expect(values.reduce((total, value) => total + value, 0) / sum).toBeCloseTo(1, 6)
  expect(values[at[0] * columns + at[1]] / edge).toBeCloseTo(1, 6)
}

// Skipped where the folder with third-party networks is absent.
describe.skipIf(!existsSync(FOLDER))('unit graphs of real ONNX files', () => {
  it('ResNet: an Add links both of its sources to every reader', async () => {
    const { graph, sizes, links, leftOut } = await open('cifar10-resnet-2b.onnx')
    expect(sizes).toEqual([3, 8, 16, 16, 16, 16, 16, 100, 10])
    expect(links).toEqual(['0>1', '1>2', '2>3', '1>4', '3>5', '4>5', '5>6', '3>7', '4>7', '6>7', '7>8'])
    expect(leftOut).toEqual([])
    expectBlock(graph, 2, 3, 112.75338391534066, [3, 5], 0.619258739054203)
    expectBlock(graph, 1, 4, 16.22494333135832, [3, 5], 0.004470703192055225)
    expectBlock(graph, 3, 5, 143.07267854047052, [3, 5], 1.0376945417374372)
    expectBlock(graph, 4, 5, 143.07267854047052, [3, 5], 1.0376945417374372)
    expectBlock(graph, 6, 7, 2609.1796090752446, [7, 11], 1.8970546459313482)
  })

  it('tf2onnx: channels are found behind transposes and a channels-last flatten', async () => {
    const { graph, sizes } = await open('cifar10-small-tf2onnx.onnx')
    expect(sizes).toEqual([3, 8, 16, 128, 64, 10])
    expect(graph.layers[0].kind).toBe('channel')
    expectBlock(graph, 1, 2, 211.15491850924082, [9, 4], 1.663155883550644)
    expectBlock(graph, 2, 3, 6344.746021356172, [100, 3], 1.6190808853280032)
    expectBlock(graph, 3, 4, 1113.4369292790325, [63, 127], 0.186445951461792)
  })

  it('batch norm before a flatten multiplies the dense weights', async () => {
    const { graph, sizes } = await open('mnist-batchnorm-opset16.onnx')
    expect(sizes).toEqual([1, 8, 16, 24, 32, 10])
    expectBlock(graph, 2, 3, 244.27042674882978, [23, 15], 0.3075399511726573)
    expectBlock(graph, 3, 4, 145517.46932517146, [5, 20], 1007.2504128735254)
  })

  it('CNTK: the matrix is reshaped in the graph', async () => {
    const { graph, sizes } = await open('mnist-cntk-opset1.onnx')
    expect(sizes).toEqual([1, 8, 16, 10])
    expectBlock(graph, 1, 2, 382.5818195320153, [15, 7], 2.993432793999091)
    expectBlock(graph, 2, 3, 385.1277448071851, [9, 15], 2.39694154355675)
  })

  it('the other two convolutional networks', async () => {
    const colt = await open('mnist-colt-convmed.onnx')
    expect(colt.sizes).toEqual([1, 32, 64, 100, 10])
    expectBlock(colt.graph, 2, 3, 2827.623522701907, [99, 63], 1.4105830911631188)
    const deep = await open('mnist-deepeverest.onnx')
    expect(deep.sizes).toEqual([1, 10, 20, 50, 10])
    expectBlock(deep.graph, 2, 3, 640.0119109656083, [49, 19], 0.8306744596920907)
  })

  it.each([
    ['induced-1', [459.4006494982691, 6.816316788516019e-5], [1278.5162645108726, 0.580683060003139]],
    ['spectral', [373.914812025521, 4.603474375689195e-5], [991.8018615840936, 0.3747990745652042]],
    ['l2', [407.16493824367035, 5.1863716820698286e-5], [1147.9926273124122, 0.5015319839301323]],
  ] as const)('the %s norm of kernels and of flattened blocks', async (norm, kernel, block) => {
    const { graph } = await open('mnist-colt-convmed.onnx', { norm })
    expectBlock(graph, 1, 2, kernel[0], [60, 30], kernel[1])
    expectBlock(graph, 2, 3, block[0], [99, 63], block[1])
  })

  it('vision transformer in the form general: a partial graph that names what is missing', async () => {
    const { graph, sizes, links, leftOut } = await open('cifar10-vit.onnx', { form: 'general' })
    expect(sizes).toEqual([3, 48, 48, 48, 48, 48, 96, 48, 48, 48, 48, 48, 96, 48, 10])
    expect(links).toContain('6>7')
    expectBlock(graph, 1, 6, 139.54547916655974, [95, 47], 0.05309348583857699)
    expectBlock(graph, 13, 14, 2.130419232682639, [9, 47], 0.005272174425992664)
    expect(leftOut.map(({ type }) => type)).toEqual(['MatMul', 'Softmax', 'MatMul', 'MatMul', 'Softmax', 'MatMul'])
    expect(leftOut[0].reason).toMatch(/multiplies two activations/)
  })

  it('the papers’ ImageNet form: units are what convolutions read, a shared tensor counts twice', async () => {
    const { graph, sizes, links } = await open('cifar10-resnet-2b.onnx', { protocol: 'paper', norm: 'l1' })
    expect(graph.layers.map(layer => layer.name)).toEqual([
      'into Conv_2',
      'into Conv_4',
      'into Conv_5',
      'into Conv_8',
      'into Conv_10',
      'into Gemm_14',
    ])
    expect(sizes).toEqual([8, 16, 8, 16, 16, 16])
    expect(links).toEqual(['0>1', '1>3', '2>3', '3>4', '1>5', '2>5', '4>5'])
    expectBlock(graph, 1, 3, 112.75338391534066, [3, 5], 0.619258739054203)
    expectBlock(graph, 2, 5, 16.22494333135832, [3, 5], 0.004470703192055225)
  })
})
