/**
 * The papers' architectures, freshly initialised: multi-layer perceptrons, the small CNN (arXiv 2103.03386: three
 * 3 × 3 'same' convolutions, max-pooling after the second and third, dense 128, dense 10) and the CIFAR-10 VGG-16
 * chain (13 convolutions, max-pooling after 2, 4, 7, 10 and 13, dense 512, dense 10; its batch norms, which the
 * papers' graphs ignore, on demand). Biases are zero.
 */
import { UsageError } from '../errors.ts'
import { checkSeed, randomStream } from '../random.ts'
import { tensor } from '../tensor/tensor.ts'
import { type Activation, buildChain, type Layer } from './build.ts'
import { type Distribution, drawModules, drawWeights, type Planting, plantModules } from './initialise.ts'
import type { Network } from './network.ts'

export interface ArchitectureOptions {
  readonly seed: number
  /** Default: 'glorot-uniform'. */
  readonly initialiser?: Distribution
  /** Plants modules (the papers' clusterable initialisation). Default: none. */
  readonly planting?: Planting
  /** After every weight layer but the last. Default: 'Relu'. */
  readonly activation?: Activation
}

export interface Architecture {
  readonly network: Network
  /** The same as a list, to change and build again with `buildChain`. */
  readonly layers: readonly Layer[]
  /** Planted module of every unit, one array per unit layer (network input first); −1 where none was planted. */
  readonly planted: readonly Int32Array[]
}

/** One step of an architecture before its weights are drawn. */
type Step =
  | { kind: 'dense'; units: number }
  | { kind: 'conv'; units: number }
  | { kind: 'pool' }
  | { kind: 'flatten' }
  | { kind: 'batch-norm' }

/** What a convolutional network reads and how many numbers it gives. */
export interface ImageOptions {
  /** [channels, height, width] of one image. */
  readonly input?: readonly number[]
  /** Default: 10. */
  readonly outputs?: number
}

const WEIGHT_STREAM = 0
const MODULE_STREAM = 1

/** Multi-layer perceptron, e.g. `mlp([784, 256, 256, 256, 256, 10], { seed: 1 })`. */
export function mlp(sizes: readonly number[], options: ArchitectureOptions): Architecture {
  if (sizes.length < 2 || sizes.some(size => !Number.isInteger(size) || size < 1))
    throw new UsageError('usage.sizes', `An MLP needs at least two positive layer sizes, not [${sizes}].`)
  const steps = sizes.slice(1).map((units): Step => ({ kind: 'dense', units }))
  return assemble(`mlp-${sizes.join('-')}`, [sizes[0]], steps, options)
}

/** The papers' small CNN, by default on 1 × 28 × 28 images; `width` channels (64) in each convolution. */
export function smallCnn(options: ArchitectureOptions & ImageOptions & { readonly width?: number }): Architecture {
  const { width: channels = 64, input = [1, 28, 28], outputs = 10 } = options
  const conv: Step = { kind: 'conv', units: channels }
  const steps: Step[] = [
    conv,
    conv,
    { kind: 'pool' },
    conv,
    { kind: 'pool' },
    { kind: 'flatten' },
    ...head(128, outputs),
  ]
  return assemble(`cnn-${channels}`, input, steps, options)
}

/** The papers' VGG-16, by default for 3 × 32 × 32 images; `batchNorm` (false) after each layer but the last. */
export function vgg16(options: ArchitectureOptions & ImageOptions & { readonly batchNorm?: boolean }): Architecture {
  const { batchNorm = false, input = [3, 32, 32], outputs = 10 } = options
  const norm: Step[] = batchNorm ? [{ kind: 'batch-norm' }] : []
  const stages = [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ]
  const steps = stages.flatMap(stage =>
    stage.flatMap((units, at): Step[] => [
      { kind: 'conv', units },
      ...(at === stage.length - 1 ? [{ kind: 'pool' } as const] : []),
      ...norm,
    ]),
  )
  return assemble('vgg16', input, [...steps, { kind: 'flatten' }, ...head(512, outputs, norm)], options)
}

function head(units: number, outputs: number, norm: readonly Step[] = []): Step[] {
  return [{ kind: 'dense', units }, ...norm, { kind: 'dense', units: outputs }]
}

function assemble(
  name: string,
  input: readonly number[],
  steps: readonly Step[],
  options: ArchitectureOptions,
): Architecture {
  checkSeed(options.seed)
  const { planting } = options
  const convolutional = steps.some(step => step.kind === 'conv')
  const modules = planting?.modules ?? 10
  const down = planting?.down ?? (convolutional ? 0.8 : 0.6)
  const skipFirst = convolutional || (planting?.skipFirst ?? false)
  const lastDense = steps.length - 1
  const layers: Layer[] = []
  const planted: Int32Array[] = []
  let shape = input
  const modulesOf = (size: number, isOutput: boolean) => {
    if (!planting) return new Int32Array(size).fill(-1)
    // The papers give class c module c, so that the last layer's modules mean something.
    if (isOutput && size <= modules) return Int32Array.from({ length: size }, (_, unit) => unit)
    return drawModules(size, modules, randomStream(options.seed, MODULE_STREAM, planted.length))
  }
  const none = (size: number) => new Int32Array(size).fill(-1)
  planted.push(planting && !skipFirst ? modulesOf(input[0], false) : none(input[0]))

  steps.forEach((step, at) => {
    if (step.kind === 'pool') {
      layers.push({ kind: 'max-pool', size: 2 })
      shape = [shape[0], Math.floor(shape[1] / 2), Math.floor(shape[2] / 2)]
    } else if (step.kind === 'flatten') {
      layers.push({ kind: 'flatten' })
      shape = [shape.reduce((count, size) => count * size, 1)]
    } else if (step.kind === 'batch-norm') {
      const each = (value: number) => tensor(new Float32Array(shape[0]).fill(value), [shape[0]])
      layers.push({
        kind: 'batch-norm',
        scale: each(1),
        shift: each(0),
        mean: each(0),
        variance: each(1),
        epsilon: 1e-3,
      })
    } else {
      const out = step.units
      const weightShape = step.kind === 'conv' ? [out, shape[0], 3, 3] : [out, shape[0]]
      const random = randomStream(options.seed, WEIGHT_STREAM, planted.length)
      const untouched = !planting || (convolutional && step.kind === 'dense')
      const own = untouched ? none(out) : modulesOf(out, at === lastDense)
      const before = planted[planted.length - 1]
      let weight = drawWeights(weightShape, options.initialiser ?? 'glorot-uniform', random)
      if (!untouched && !(skipFirst && planted.length === 1)) weight = plantModules(weight, own, before, modules, down)
      const activation = at === lastDense ? 'Identity' : (options.activation ?? 'Relu')
      layers.push({ kind: step.kind, weight, bias: tensor(new Float32Array(out), [out]), activation })
      planted.push(own)
      shape = [out, ...shape.slice(1)]
    }
  })
  return { network: buildChain(layers, { input, name }), layers, planted }
}
