/**
 * Feature visualisation of many unit sets of one layer at once: an image for each that drives its units as far as
 * gradient ascent takes it (Olah, Mordvintsev and Schubert, Feature Visualization, Distill 2017; for sub-modules
 * arXiv 2110.08058 §4). All sets start from the same random images, so that they differ in their units alone; of several
 * starts the best counts. Same seed and runtime, same pictures.
 */
import { UnsupportedError, UsageError } from '../../errors.ts'
import type { Network } from '../../network/network.ts'
import { inferShapes } from '../../network/shapes.ts'
import { throwIfAborted, type WatchOptions } from '../../progress.ts'
import { randomStream } from '../../random.ts'
import type { Runtime, RuntimeUsed } from '../../runtime/runtime.ts'
import { elementCount, type Tensor, tensor } from '../../tensor/tensor.ts'
import { withOpenBatch } from '../../training/open-batch.ts'
import type { UnitSite } from '../unit-sites.ts'
import { ascend, ascentStart, loadAscent } from './ascent.ts'
import type { FedInput } from './input-image.ts'
import { type ObjectiveName, type PictureObjective, partOf, pictureObjective, UNITS } from './objective.ts'
import {
  type Normalisation,
  PARAMETERS,
  type Parametrisation,
  type ParametrisationName,
  PICTURE,
  parametrisation,
  startValues,
} from './parametrisation.ts'
import { drawTransform, isTransformed, TRANSFORM, type TransformOptions } from './transforms.ts'

export interface VisualiseOptions extends WatchOptions {
  readonly runtime: Runtime
  readonly seed: number
  /** Default: 1. */
  readonly threads?: number
  /** Default: 256. */
  readonly steps?: number
  /** Adam's learning rate, and how far it is damped (ascent.ts). Defaults: .3 and 1; Lucid's are .05 and 0. */
  readonly rate?: number
  readonly damping?: number
  /** Random images each set starts from; the one that comes to most counts. Default: 1. */
  readonly starts?: number
  /** Whether all sets start from the same images, or each from its own as in the papers. Default: 'shared'. */
  readonly noise?: 'shared' | 'own'
  /** Default: 'before'. */
  readonly objective?: ObjectiveName
  /** Default: 'fourier' for images, 'pixel' for other inputs. */
  readonly parametrisation?: ParametrisationName
  readonly normalisation?: Normalisation
  /** Default: none, as the papers. */
  readonly transform?: TransformOptions
  /** Pictures at a time. Default: what keeps the largest value of a batch under 16 MB, and at most 64. */
  readonly batch?: number
}

export interface Visualisation {
  /** The set it is of. */
  readonly units: Int32Array
  /** Objective reached, without transforms. */
  readonly score: number
  /** In [0, 1], [channels × pixels]. */
  readonly picture: Float32Array
  /** The layer's value after the activation function: one example. */
  readonly activations: Tensor
  /** What the network answers: one example of its first output. */
  readonly answer: Float32Array
}

const START_STREAM = 13
const TRANSFORM_STREAM = 17
/** Steps in one run of the runtime. */
const GROUP = 32
const BATCH_VALUES = 2 ** 22
const MOST_PICTURES = 64

/** The network as pictures are made with: an open batch, an input of known size, all shapes, its first output alone. */
export async function pictureNetwork(network: Network, input: FedInput): Promise<Network> {
  const [declared] = network.inputs
  if (!['float32', 'float16', 'float64'].includes(declared.dtype))
    throw new UnsupportedError(
      'unsupported.inputs',
      `The input "${declared.name}" holds ${declared.dtype}; only inputs of floats can be optimised.`,
    )
  const sized = { ...network, inputs: [{ ...declared, shape: [declared.shape[0] ?? null, ...input.shape] }] }
  const open = await withOpenBatch({ ...sized, outputs: network.outputs.slice(0, 1) })
  return { ...open, shapes: await inferShapes({ ...open, shapes: new Map() }) }
}

/**
 * @param network from {@link pictureNetwork}
 * @param sets numbers of units of the layer at `site`
 * @throws UnsupportedError `unsupported.gradient` naming an operator between input and layer that has no gradient
 */
export async function visualise(
  network: Network,
  input: FedInput,
  site: UnitSite,
  sets: readonly Int32Array[],
  options: VisualiseOptions,
): Promise<{ readonly found: readonly Visualisation[]; readonly runtime: RuntimeUsed }> {
  const { runtime, threads = 1, signal, onProgress, transform = {}, normalisation } = options
  const { steps = 256, starts = 1, rate = 0.3, damping = 1 } = options
  checkNumbers({ steps, starts }, rate, damping)
  const name = options.parametrisation ?? 'fourier'
  const moves = isTransformed(transform)
  if (moves && !input.image)
    throw new UsageError(
      'usage.image',
      'Only images can be moved, turned and scaled; the input of this network is none.',
    )
  const objective = (transformed: boolean) =>
    pictureObjective(
      network,
      site,
      parametrisation(network, input, { ...normalisation, name, transformed }),
      options.objective ?? 'before',
    )
  const still = await objective(false)
  const ascent = await loadAscent(moves ? await objective(true) : still, damping, runtime, threads)
  const judged = [...new Set([PICTURE, still.each, site.post, network.outputs[0].name])]
  const judge = await runtime.load(partOf(still, judged), { threads })
  const { shape } = parametrisationOf(still)
  const begin = (start: number, set: number) =>
    startValues(elementCount(shape), randomStream(options.seed, START_STREAM, site.layer, start, set))
  const shared = Array.from({ length: starts }, (_, start) => begin(start, 0))
  const jobs = sets.flatMap((units, set) =>
    shared.map((values, start) => ({ set, units, values: options.noise === 'own' ? begin(start, set) : values })),
  )
  const batch = options.batch ?? batchSize(still.network)
  const best: Visualisation[] = new Array(sets.length)
  try {
    for (let from = 0; from < jobs.length; from += batch) {
      const part = jobs.slice(from, from + batch)
      const parameters = tensor(Float32Array.from(part.flatMap(({ values }) => [...values])), [part.length, ...shape])
      const units = unitMask(
        part.map(job => job.units),
        site.size,
      )
      let state = ascentStart(ascent, parameters)
      while (state.updates < steps) {
        throwIfAborted(signal)
        const count = Math.min(GROUP, steps - state.updates)
        const feeds = moves ? transformFeeds(transform, input, count, state.updates, options.seed) : {}
        state = await ascend(ascent, state, count, rate, units, feeds)
        const done = Math.floor(from + (part.length * state.updates) / steps)
        onProgress?.({ stage: `pictures of ${site.name}`, done, total: jobs.length })
      }
      const values = await judge.run({ [PARAMETERS]: state.tensors[PARAMETERS], [UNITS]: units })
      part.forEach(({ set, units: own }, at) => {
        const example = (value: string) => rowOf(values[value], at)
        const score = Number(values[still.each].data[at])
        if (best[set] && !(score > best[set].score)) return
        best[set] = {
          units: own,
          score,
          picture: example(PICTURE).data as Float32Array,
          activations: example(site.post),
          answer: Float32Array.from(example(network.outputs[0].name).data, Number),
        }
      })
    }
  } finally {
    await ascent.session.release()
    await judge.release()
  }
  return { found: best, runtime: judge.runtime }
}

const parametrisationOf = ({ network }: PictureObjective): Pick<Parametrisation, 'shape'> => ({
  shape: network.inputs.find(({ name }) => name === PARAMETERS)!.shape.slice(1) as number[],
})

function checkNumbers(counts: Readonly<Record<string, number>>, rate: number, damping: number): void {
  for (const [name, count] of Object.entries(counts))
    if (!Number.isInteger(count) || count < 1 || count > 100_000)
      throw new UsageError('usage.option', `"${name}" must be a whole number from 1 to 100000, not ${count}.`)
  if (!(rate > 0 && Number.isFinite(rate)))
    throw new UsageError('usage.option', `"rate" must be a number above 0, not ${rate}.`)
  if (!(damping >= 0 && Number.isFinite(damping)))
    throw new UsageError('usage.option', `"damping" must be a number of at least 0, not ${damping}.`)
}

function batchSize({ shapes }: Network): number {
  const largest = Math.max(...Array.from(shapes.values(), shape => elementCount(shape.map(size => size ?? 1))))
  return Math.max(1, Math.min(MOST_PICTURES, Math.floor(BATCH_VALUES / largest)))
}

/** 1 for the units that count: [pictures × units]. */
function unitMask(sets: readonly Int32Array[], size: number): Tensor {
  const mask = new Float32Array(sets.length * size)
  sets.forEach((units, at) => {
    for (const unit of units) mask[at * size + unit] = 1
  })
  return tensor(mask, [sets.length, size])
}

function transformFeeds(
  transform: TransformOptions,
  { image }: FedInput,
  steps: number,
  from: number,
  seed: number,
): Record<string, Tensor> {
  const [{ shape }] = TRANSFORM.inputs(image!.height * image!.width)
  const [length] = shape as number[]
  const places = new BigInt64Array(steps * length)
  const shares = new Float32Array(steps * length)
  for (let step = 0; step < steps; step++)
    drawTransform(transform, image!, randomStream(seed, TRANSFORM_STREAM, from + step), {
      ...{ places, shares, at: step * length },
    })
  return { [TRANSFORM.places]: tensor(places, [steps, length]), [TRANSFORM.shares]: tensor(shares, [steps, length]) }
}

function rowOf({ data, shape, dtype }: Tensor, at: number): Tensor {
  const size = data.length / shape[0]
  return { data: data.slice(at * size, (at + 1) * size), shape: [1, ...shape.slice(1)], dtype }
}
