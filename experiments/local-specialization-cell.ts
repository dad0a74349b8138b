/**
 * One cell of the local-specialization table: a trained network, cut into k modules by one of the four partitionings, every
 * sub-module lesioned. Cached beside the network, so that an experiment that was stopped goes on where it was.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { type Dataset, exampleCount, firstExamples, networkInputs, selectExamples } from '../src/data/dataset.ts'
import { fileSource } from '../src/formats/file-source.ts'
import { openNetwork } from '../src/formats/open.ts'
import { differenceEffect, type Effects } from '../src/modules/lesions/effects.ts'
import { evaluationSet } from '../src/modules/lesions/evaluation-set.ts'
import type { LesionRecord } from '../src/modules/lesions/lesion-record.ts'
import { type LesionStudy, lesionStudy } from '../src/modules/lesions/lesion-study.ts'
import type { ProtocolName } from '../src/modules/lesions/protocols.ts'
import { partitioning } from '../src/modules/partitioning.ts'
import type { RankTest } from '../src/modules/rank-test.ts'
import { randomStream, shuffle } from '../src/random.ts'
import { chooseRuntime } from '../src/runtime/choose.ts'

export const GRAPHS = ['weights', 'activations'] as const
export const SCOPES = ['global', 'local'] as const

export interface CellSettings {
  readonly graph: (typeof GRAPHS)[number]
  readonly scope: (typeof SCOPES)[number]
  readonly k: number
  readonly protocol: ProtocolName
  readonly controls?: number
  /** Test examples, from the first; all of them by default. */
  readonly examples?: number
}

export interface Cell {
  readonly ncut: number
  readonly accuracy: number
  readonly subModules: readonly CellSubModule[]
  readonly pooled: LesionStudy['pooled']
}

interface CellSubModule {
  readonly layer: number
  readonly module: number
  readonly units: number
  readonly macro: RankTest
  readonly range: RankTest
  /** The protocol's. */
  readonly effect: Effects
  /** Mean of the controls − lesion, bounded whatever the protocol. */
  readonly difference: Effects
}

const SEED = 1

/** @param path of the network as ONNX */
export async function measuredCell(path: string, dataset: Dataset, settings: CellSettings): Promise<Cell> {
  const { graph, scope, k, protocol, controls, examples } = settings
  const name = [graph, scope, `k${k}`, protocol, controls && `n${controls}`, examples && `first${examples}`]
  const cached = `${path.replace(/\.onnx$/, '')}-lesions-${name.filter(Boolean).join('-')}.json`
  const found: Cell | undefined = await readFile(cached, 'utf8').then(JSON.parse, () => undefined)
  if (found) return found
  const network = await openNetwork(await fileSource(path))
  const inputs = graph === 'activations' ? correlated(dataset, protocol, examples) : undefined
  const partition = await partitioning(network, inputs, { graph, scope, k, protocol, seed: SEED })
  const study = await lesionStudy(network, partition.graph, partition.labels, testSet(dataset, examples), {
    ...{ protocol, controls, seed: SEED, loss: false, runtime: await chooseRuntime() },
  })
  const cell: Cell = {
    ncut: partition.ncut,
    accuracy: study.intact.accuracy!,
    subModules: study.subModules.map(({ layer, module, units, macro, range, effect, lesion, controls }) => ({
      ...{ layer, module, macro, range, effect },
      units: units.length,
      difference: differenceEffect(scores(lesion), controls.map(scores)),
    })),
    pooled: study.pooled,
  }
  await writeFile(`${cached}.tmp`, `${JSON.stringify(cell)}\n`)
  await rename(`${cached}.tmp`, cached)
  return cell
}

/** Changes do not enter differences of macro accuracy. */
const scores = ({ macro, range }: LesionRecord) => ({ macro, change: Number.NaN, range: range ?? Number.NaN })

/** Test examples that lesions are measured on. */
export function testSet(dataset: Dataset, examples?: number) {
  return evaluationSet(dataset, firstOf(dataset, examples))
}

function firstOf(dataset: Dataset, examples = Number.POSITIVE_INFINITY) {
  const split = dataset.tests.test
  const all = exampleCount(dataset, split)
  return firstExamples(split, Math.min(all, examples), all)
}

const BATCH_MULTIPLE = 4992

/** Examples that activations are correlated over: in 2021 4,992 training examples drawn at random, else the test set. */
function correlated(dataset: Dataset, protocol: ProtocolName, examples?: number): Float32Array {
  if (protocol !== 'paper-2021') return networkInputs(dataset, firstOf(dataset, examples))
  const all = exampleCount(dataset, dataset.train)
  const order = shuffle(
    Int32Array.from({ length: all }, (_, i) => i),
    randomStream(SEED, 1),
  )
  return networkInputs(dataset, selectExamples(dataset.train, order.slice(0, examples ?? BATCH_MULTIPLE), all))
}
