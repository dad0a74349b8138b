/** Configurations and presets: what is asked for is checked before anything is trained, and the key is named. */
import { describe, expect, it } from 'vitest'
import { loadTask } from '../../src/tasks/load.ts'
import { checkTrainingConfig } from '../../src/training/config.ts'
import { configuredNetwork, dropoutByValue, type FreshNetwork } from '../../src/training/configured-network.ts'
import { PRESETS, presetConfig } from '../../src/training/presets.ts'

const GOOD = { task: 'digits', network: { kind: 'mlp', hidden: [8] }, epochs: 1 }

describe('a configuration', () => {
  it.each([
    [{ epoch: 3 }, 'There is no option "epoch". Did you mean epochs?'],
    [{ epochs: undefined }, 'The option "epochs" is missing'],
    [{ epochs: 0 }, '"epochs" is a whole number, at least 1; it cannot be 0'],
    [{ task: 3 }, '"task" is the name of a task, not 3'],
    [{ network: { kind: 'mpl' } }, '"network.kind" is one of mlp, cnn, vgg16, file'],
    [{ network: { kind: 'mlp', hidden: 64 } }, '"network.hidden" is a list of layer sizes'],
    [{ network: { kind: 'mlp', hidden: [64, 0] } }, '"network.hidden[1]"'],
    [{ network: { kind: 'cnn', depth: 3 } }, 'There is no option "network.depth"'],
    [{ clusterable: { modules: 0 } }, '"clusterable.modules"'],
    [{ optimiser: { kind: 'adam', beta: 0.9 } }, 'There is no option "optimiser.beta"'],
    [{ schedule: { kind: 'step', factor: 0.5 } }, '"schedule.every"'],
    [{ dropout: [0.5, 1] }, '"dropout[1]"'],
    [{ pruning: { epochs: 3, sparsity: 0.9 } }, 'There is no option "pruning.sparsity"'],
    [{ pruning: true }, '"pruning" holds epochs, initial, final, every; it cannot be true'],
    [{ penalty: { strength: -1 } }, '"penalty.strength"'],
    [{ normaliser: 'l2' }, '"normaliser" is one of fan-in, papers'],
  ])('with %j is refused', (change, message) => {
    expect(() => checkTrainingConfig({ ...GOOD, ...change })).toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(message) }),
    )
  })

  it('of convolutions needs images', async () => {
    const task = await loadTask('poly', { train: 5, test: 5 })
    expect(() => configuredNetwork({ kind: 'cnn' }, {}, task, 1)).toThrow('"network.kind" is cnn, which needs images')
  })

  it('may list dropout layer by layer: behind pooling and activation', async () => {
    const task = { name: 'x', shape: [1, 8, 8], outputs: 3 }
    const network = configuredNetwork({ kind: 'cnn', width: 2 }, {}, task, 1)
    expect(dropoutByValue(network, [0.1, 0.2, 0.3, 0.4])).toEqual({
      'conv1.relu': 0.1,
      'max-pool1': 0.2,
      flatten1: 0.3,
      'dense1.relu': 0.4,
    })
    expect(() => dropoutByValue(network, [0.5])).toThrow('"dropout" has 1 rates; the network "cnn-2" needs 4')
  })
})

describe('presets', () => {
  it.each(Object.keys(PRESETS))('%s and each of its variants pass the check', name => {
    const { variants } = PRESETS[name as keyof typeof PRESETS]
    for (const variant of [[], ...Object.keys(variants).map(one => [one]), Object.keys(variants)])
      expect(checkTrainingConfig({ ...presetConfig(name, variant) })).toMatchObject({ task: expect.any(String) })
  })

  it("have the papers' layers", () => {
    const shapes = (name: string, task: { name: string; shape: number[]; outputs: number }) => {
      const config = presetConfig(name, name === 'vgg16-cifar' ? ['dropout'] : [])
      const network = configuredNetwork(config.network as FreshNetwork, config, task, 1)
      dropoutByValue(network, config.dropout)
      return [...network.weights.values()].filter(({ shape }) => shape.length > 1).map(({ shape }) => shape.join('x'))
    }
    const images = { name: 'x', shape: [1, 28, 28], outputs: 10 }
    expect(shapes('mlp', images)).toEqual(['256x784', '256x256', '256x256', '256x256', '10x256'])
    expect(shapes('small-mlp', { ...images, shape: [1, 7, 7] })).toEqual(['64x49', '64x64', '64x64', '10x64'])
    expect(shapes('mlp-regression', { name: 'poly', shape: [2], outputs: 512 }).at(-1)).toBe('512x256')
    expect(shapes('cnn', images)).toEqual(['64x1x3x3', '64x64x3x3', '64x64x3x3', '128x3136', '10x128'])
    expect(shapes('vgg16-cifar', { ...images, shape: [3, 32, 32] })).toHaveLength(15)
  })

  it('refuse names there are none of', () => {
    expect(() => presetConfig('mpl')).toThrow('"preset" is one of mlp')
    expect(() => presetConfig('mlp', ['droput'])).toThrow('"with" is one of pruning, dropout')
  })
})
