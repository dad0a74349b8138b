/**
 * The papers' settings by their names (Clusterability in Neural Networks, arXiv 2003.04881, 2103.03386, and their
 * published code): Keras' Adam, Glorot weights, no biases at first. A preset is the plain setting; its variants are
 * what the papers turn on besides.
 *
 * `l2` of the perceptrons penalises the first layer by Σ|w|, as the published code does (the others by Σw²), since the
 * published tables come from that.
 */
import type { TrainingConfig } from './config.ts'
import { checkChoice } from './option-checks.ts'

/** What a variant changes in the plain setting. */
type Variant = Partial<TrainingConfig>

export interface Preset {
  readonly config: TrainingConfig
  readonly variants: Readonly<Record<string, Variant>>
}

const STRENGTH = 5e-5
const L1: Variant = { l1: STRENGTH }
const L2: Variant = { l2: STRENGTH }
/** The first layer's penalty has the other norm. */
const MIXED_L2: Variant = { l1: { 'dense1.weight': STRENGTH }, l2: { kernel: STRENGTH, 'dense1.weight': 0 } }
/** The layer that reads pixels is left as drawn. */
const CLUSTERABLE_MLP: Variant = { clusterable: { modules: 10, down: 0.6, skipFirst: true } }
const CLUSTERABLE_CNN: Variant = { clusterable: { modules: 10, down: 0.8 } }
const pruning = (epochs: number): Variant => ({ pruning: { epochs } })

const ADAM = { optimiser: { kind: 'adam' }, rate: 1e-3 } as const

export const PRESETS = {
  mlp: {
    config: {
      task: 'mnist',
      network: { kind: 'mlp', hidden: [256, 256, 256, 256] },
      epochs: 20,
      batch: 128,
      ...ADAM,
    },
    variants: { pruning: pruning(20), dropout: { dropout: 0.5 }, l1: L1, l2: MIXED_L2, clusterable: CLUSTERABLE_MLP },
  },
  'small-mlp': {
    config: {
      task: 'small_mnist',
      network: { kind: 'mlp', hidden: [64, 64, 64] },
      epochs: 10,
      batch: 128,
      ...ADAM,
    },
    variants: {
      pruning: pruning(10),
      l1: L1,
      l2: MIXED_L2,
      clusterable: CLUSTERABLE_MLP,
      // The published λ = .1 with half of the true gradient.
      penalty: { penalty: { strength: 0.1, eigenvalues: 3, every: 1, halved: true }, normaliser: 'papers' },
    },
  },
  'mlp-regression': {
    config: {
      task: 'poly',
      network: { kind: 'mlp', hidden: [256, 256, 256, 256] },
      epochs: 20,
      batch: 128,
      loss: 'mse',
      ...ADAM,
    },
    variants: { pruning: pruning(20), l1: L1, l2: MIXED_L2, clusterable: CLUSTERABLE_MLP },
  },
  cnn: {
    config: { task: 'mnist', network: { kind: 'cnn', width: 64 }, epochs: 10, batch: 64, ...ADAM },
    variants: {
      pruning: pruning(10),
      dropout: { dropout: [0.25, 0.25, 0.25, 0.5] },
      l1: L1,
      l2: L2,
      clusterable: CLUSTERABLE_CNN,
    },
  },
  'vgg16-cifar': {
    config: {
      task: 'cifar10_full',
      network: { kind: 'vgg16', batchNorm: true },
      epochs: 200,
      batch: 128,
      augment: { shift: 0.1, rotate: 15, flip: true },
      ...ADAM,
    },
    variants: {
      pruning: pruning(50),
      dropout: { dropout: [0.3, 0, 0.4, 0, 0.4, 0.4, 0, 0.4, 0.4, 0, 0.4, 0.4, 0.5, 0.5] },
      l1: L1,
      l2: { l2: 5e-4 },
      clusterable: CLUSTERABLE_CNN,
    },
  },
} as const satisfies Readonly<Record<string, Preset>>

type PresetName = keyof typeof PRESETS

/**
 * The configuration of a preset with some of its variants.
 * @throws UsageError naming the preset or the variant that does not exist
 */
export function presetConfig(name: string, variants: readonly string[] = []): TrainingConfig {
  checkChoice('preset', name, Object.keys(PRESETS))
  const preset: Preset = PRESETS[name as PresetName]
  for (const variant of variants) checkChoice('with', variant, Object.keys(preset.variants))
  return Object.assign({}, preset.config, ...variants.map(variant => preset.variants[variant]))
}
