/**
 * Tasks by name: the sets of the clusterability papers (arXiv 2003.04881, 2103.03386) and of their code, the same
 * constructions on every other image set, and arithmetic. What each name means is in docs/tasks.md.
 *
 * Constructions are the published code's; the random numbers are lobes' own, so examples differ from the code's in
 * which were drawn, never in how.
 */
import {
  checkDataset,
  type DataStore,
  type Dataset,
  exampleCount,
  firstExamples,
  IMAGE_SETS,
  type ImageSet,
} from '../data/dataset.ts'
import { digits } from '../data/digits.ts'
import { UsageError } from '../errors.ts'
import { suggestion } from '../near-match.ts'
import type { WatchOptions } from '../progress.ts'
import { checkSeed, randomStream } from '../random.ts'
import { addMul } from './arithmetic.ts'
import { booleanTask } from './boolean.ts'
import { booleanDataset } from './boolean-dataset.ts'
import { truthTable } from './function-graph.ts'
import { FUNCTION_NAMES, functionValues } from './functions.ts'
import { generatedImages } from './generated.ts'
import { greyImages, mapSplits, smallImages } from './images.ts'
import { mixture } from './mixture.ts'
import { polynomials } from './polynomials.ts'
import { twoDigits } from './two-digit.ts'
import { type Layout, twoImages } from './two-images.ts'

export interface TaskOptions extends WatchOptions {
  /** Of everything random in the task, default 42. */
  readonly seed?: number
  /** Where real image sets come from, e.g. `dataStore()` of `lobes/node`. Tasks on `digits` and generated ones need none. */
  readonly store?: DataStore
  /**
   * Examples to train on: so many are generated, or the first so many of a set (or of a composition, such as halves)
   * are taken. Default: as published.
   */
  readonly train?: number
  /** Examples in each test split; in the same way. */
  readonly test?: number
  /** Replaces all labels by uniformly random ones, so that they can only be learnt by heart. Default: false. */
  readonly randomLabels?: boolean
  /** Whether training should visit the examples in a new order in each epoch. Default: true. */
  readonly shuffle?: boolean
}

type BuildOptions = TaskOptions & { readonly seed: number }
type Build = (options: BuildOptions) => Dataset | Promise<Dataset>

/** Sizes of the published sets that are generated. */
const PUBLISHED = { train: 60_000, test: 10_000 }
const ARITHMETIC = { train: 100_000, test: 10_000 }
/** 300 and 10 batches of 128. */
const FUNCTION_SAMPLES = { train: 38_400, test: 1_280 }

const SEED = 42
/** Path member of the stream that draws random labels; splits count from 0. */
const RANDOM_LABELS = 1000

const TASKS: ReadonlyMap<string, Build> = new Map(taskTable())

/** Every name {@link loadTask} knows. */
export function taskNames(): readonly string[] {
  return [...TASKS.keys()]
}

/**
 * The task of this name, e.g. `mnist`, `halves_same_fashion`, `mnist-cifar10-separated`, `poly`, `digits`, or a
 * Boolean task such as `[4,2,4]`.
 *
 * @throws UsageError for a name there is none of (with near matches), a set that is not there (with what to download),
 *   more examples than a real set has, random labels where nothing is labelled.
 */
export async function loadTask(name: string, options: TaskOptions = {}): Promise<Dataset> {
  const build = /^\s*\[/.test(name) ? booleanBuild(name) : TASKS.get(name)
  if (!build) throw new UsageError('usage.task', `There is no task "${name}".${suggestion(name, taskNames()) || KINDS}`)
  for (const part of ['train', 'test'] as const) checkCount(options[part], part)
  const seed = checkSeed(options.seed ?? SEED)
  const whole = await build({ ...options, seed })
  const limited = limit(whole, options)
  const labelled = options.randomLabels ? withRandomLabels(limited, seed) : limited
  return checkDataset({ ...labelled, name, shuffle: options.shuffle ?? true })
}

/** Names in brackets are truth tables. */
function booleanBuild(name: string): Build {
  return () => booleanDataset(truthTable(booleanTask(name)), name)
}

const KINDS = ` There are ${IMAGE_SETS.join(', ')}, forms of them such as small_mnist and halves_mnist, pairs such as mnist-fashion, line, circle, random, poly and add_mul.`

function taskTable(): [string, Build][] {
  const table: [string, Build][] = [['cifar10_full', options => stored('cifar10', options)]]
  for (const set of IMAGE_SETS) {
    const images: Build = options => greyImageSet(set, options)
    table.push([set, images])
    if (set !== 'cifar10') table.push([`small_${set}`, async options => smallImages(await images(options))])
    for (const layout of ['halves', 'stacked'] as const satisfies Layout[]) {
      table.push([`${layout}_${set}`, async o => twoImages(await images(entire(o)), layout, false, o.seed)])
      table.push([`${layout}_same_${set}`, async o => twoImages(await images(entire(o)), layout, true, o.seed)])
    }
  }
  for (const set of ['digits', 'mnist'] as const)
    for (const task of ['two_digits', 'xor_digits'] as const)
      table.push([`${task}_${set}`, async o => twoDigits(await greyImageSet(set, entire(o)), task, o.seed, o)])
  for (const name of ['line', 'circle', 'random'] as const) table.push([name, options => generated(name, options)])
  table.push(['poly', o => polynomials(o.train ?? PUBLISHED.train, o.test ?? PUBLISHED.test, o.seed)])
  table.push(['add_mul', o => addMul(o.train ?? ARITHMETIC.train, o.test ?? ARITHMETIC.test, o.seed)])
  for (const name of FUNCTION_NAMES)
    for (const streamed of [false, true])
      table.push([
        streamed ? `${name}_streamed` : name,
        ({ train = FUNCTION_SAMPLES.train, test = FUNCTION_SAMPLES.test, seed }) =>
          functionValues(name, streamed, train, test, seed),
      ])
  return [...table, ...mixtureTable()]
}

function mixtureTable(): [string, Build][] {
  const sets = [...IMAGE_SETS, 'line'] as const
  const images = (set: (typeof sets)[number], options: BuildOptions) =>
    set === 'line' ? generated('line', entire(options)) : greyImageSet(set, entire(options))
  return sets.flatMap(first =>
    sets
      .filter(second => second !== first)
      .flatMap(second =>
        [false, true].map((separated): [string, Build] => [
          `${first}-${second}${separated ? '-separated' : ''}`,
          async options =>
            mixture(await images(first, options), await images(second, options), separated, options.seed),
        ]),
      ),
  )
}

/** For tasks composed of images: all images take part, however few examples are wanted in the end. */
function entire(options: BuildOptions): BuildOptions {
  return { ...options, train: undefined, test: undefined }
}

function generated(name: 'line' | 'circle' | 'random', options: BuildOptions): Dataset {
  return generatedImages(name, options.train ?? PUBLISHED.train, options.test ?? PUBLISHED.test, options.seed)
}

async function greyImageSet(set: ImageSet, options: BuildOptions): Promise<Dataset> {
  if (set === 'digits') return digits({ seed: options.seed, train: options.train, test: options.test })
  const dataset = await stored(set, options)
  return set === 'cifar10' ? greyImages(dataset) : dataset
}

function stored(set: Exclude<ImageSet, 'digits'>, { store, signal, onProgress }: TaskOptions): Promise<Dataset> {
  if (!store)
    throw new UsageError(
      'usage.data',
      `${set} needs a place to come from: give a store, such as dataStore() of lobes/node, or take digits, which need none.`,
    )
  return store.load(set, { signal, onProgress })
}

function checkCount(count: number | undefined, part: string): void {
  if (count !== undefined && !(Number.isSafeInteger(count) && count > 0))
    throw new UsageError(
      'usage.examples',
      `The number of examples to ${part} on must be a whole number above 0, not ${count}.`,
    )
}

function limit(dataset: Dataset, { train, test }: TaskOptions): Dataset {
  return mapSplits(dataset, (split, number) => {
    const wanted = number === 0 ? train : test
    const examples = exampleCount(dataset, split)
    if (wanted === undefined || wanted === examples) return split
    // Splits after the first two are parts of the test split, as large as they happen to be.
    if (wanted > examples && number < 2)
      throw new UsageError(
        'usage.examples',
        `${dataset.name} has ${examples} examples to ${number === 0 ? 'train' : 'test'} on, ${wanted} were asked for; ask for fewer.`,
      )
    return firstExamples(split, Math.min(wanted, examples), examples)
  })
}

function withRandomLabels(dataset: Dataset, seed: number): Dataset {
  const { classes } = dataset
  if (!classes) throw new UsageError('usage.task', `${dataset.name} is regression: there are no labels to replace.`)
  return {
    ...mapSplits(dataset, (split, number) => {
      const random = randomStream(seed, RANDOM_LABELS, number)
      return { ...split, labels: (split.labels as Int32Array).map(() => random.below(classes.length)) }
    }),
    provenance: `${dataset.provenance} All labels replaced by random ones.`,
  }
}
