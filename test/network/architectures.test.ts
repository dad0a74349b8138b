import { describe, expect, it } from 'vitest'
import { mlp, smallCnn, vgg16 } from '../../src/network/architectures.ts'
import { buildChain } from '../../src/network/build.ts'
import { tensor } from '../../src/tensor/tensor.ts'

describe('architectures', () => {
  it('an MLP has a Gemm per weight layer and a known shape for every value', () => {
    const { network } = mlp([784, 256, 256, 10], { seed: 1 })
    expect(network.operators.map(operator => operator.type)).toEqual([
      'Gemm',
      'Relu',
      'Gemm',
      'Relu',
      'Gemm',
      'Identity',
    ])
    expect(network.shapes.get('dense2')).toEqual([null, 256])
    expect([...network.weights.keys()]).toContain('dense3.weight')
  })

  it('the small CNN flattens 64 channels of 7 × 7', () => {
    expect(smallCnn({ seed: 1 }).network.shapes.get('flatten1')).toEqual([null, 3136])
  })

  it('VGG-16 has 13 convolutions of the published widths, 4,224 channels', () => {
    const { network } = vgg16({ seed: 1 })
    const widths = network.operators
      .filter(operator => operator.type === 'Conv')
      .map(operator => network.weights.get(operator.inputs[1])!.shape[0])
    expect(widths).toEqual([64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512])
    expect(network.shapes.get('flatten1')).toEqual([null, 512])
  })

  it('is the same for the same seed, and another for another', async () => {
    const read = async (seed: number) =>
      (await mlp([5, 4, 3], { seed }).network.weights.get('dense1.weight')!.read()).data
    expect(await read(7)).toEqual(await read(7))
    expect(await read(7)).not.toEqual(await read(8))
  })

  it('Glorot-uniform stays within its limit and has its variance', async () => {
    const { data } = await mlp([300, 200, 2], { seed: 3 }).network.weights.get('dense1.weight')!.read()
    const values = Array.from(data as Float32Array)
    const limit = Math.sqrt(6 / 500)
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(limit)
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length
    // 60,000 draws: the relative standard error of the variance is .0037.
    expect(variance / (limit ** 2 / 3)).toBeCloseTo(1, 1.5)
  })
})

describe('planting modules', () => {
  it('multiplies by 4.6 within and .6 between modules, classes being modules', () => {
    const plain = mlp([20, 30, 10], { seed: 5 })
    const planted = mlp([20, 30, 10], { seed: 5, planting: {} })
    const [a, b] = [plain, planted].map(
      net => net.layers[1].kind === 'dense' && (net.layers[1].weight.data as Float32Array),
    )
    expect(Array.from(planted.planted[2])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (let o = 0; o < 10; o++)
      for (let i = 0; i < 30; i++) {
        const factor = planted.planted[1][i] === o ? 4.6 : 0.6
        expect((b as Float32Array)[o * 30 + i] / (a as Float32Array)[o * 30 + i]).toBeCloseTo(factor, 5)
      }
  })

  it('leaves the first layer alone when asked', () => {
    const first = (planting?: object) => mlp([20, 30, 10], { seed: 5, planting }).layers[0]
    expect(first({ skipFirst: true })).toEqual(first())
    expect(first({})).not.toEqual(first())
  })

  it('in a CNN modulates the later convolutions only, by 2.8 and .8', () => {
    const weights = (planting?: object) =>
      smallCnn({ seed: 2, width: 8, planting }).layers.flatMap(layer =>
        'weight' in layer ? [layer.weight.data as Float32Array] : [],
      )
    const plain = weights()
    const ratios = weights({}).map(
      (data, l) => new Set(Array.from(data, (value, i) => (value / plain[l][i]).toFixed(3))),
    )
    expect(ratios.map(set => [...set].sort())).toEqual([
      ['1.000'],
      ['0.800', '2.800'],
      ['0.800', '2.800'],
      ['1.000'],
      ['1.000'],
    ])
  })
})

describe('buildChain', () => {
  it('says which layer does not fit', () => {
    const weight = tensor(new Float32Array(6), [2, 3])
    expect(() => buildChain([{ kind: 'dense', weight }], { input: [4] })).toThrow(
      /"dense1" expects 3 inputs and gets 4/,
    )
    expect(() => buildChain([{ kind: 'dense', weight }], { input: [1, 2, 2] })).toThrow(/flatten/)
  })
})
