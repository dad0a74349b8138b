/**
 * Networks trained for the experiments, and what is measured of them with the papers' protocol. Both are cached by
 * content: a run that was finished is read back, so an experiment that was stopped goes on where it was.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataStore } from '../src/data/store.ts'
import type { Executor } from '../src/executor.ts'
import { fileSource } from '../src/formats/file-source.ts'
import { encodeOnnx } from '../src/formats/onnx-write.ts'
import { openNetwork } from '../src/formats/open.ts'
import { prepareGraph } from '../src/graph/prepare.ts'
import { testModularity } from '../src/significance/test.ts'
import type { NullModel } from '../src/significance/verdict.ts'
import { loadTask } from '../src/tasks/load.ts'
import { fileStore } from '../src/training/checkpoint-file.ts'
import { checkTrainingConfig, type TrainingConfig } from '../src/training/config.ts'
import { configuredNetwork, type FreshNetwork } from '../src/training/configured-network.ts'
import type { Metrics } from '../src/training/metrics.ts'
import { type Phase, trainConfigured } from '../src/training/train.ts'

export interface Trained {
  readonly folder: string
  readonly runtime: string
  readonly phases: Partial<Record<Phase, Metrics & { readonly epochs: number }>>
}

export interface Measured {
  readonly ncut: number
  readonly mean: number
  readonly sd: number
  readonly z: number | null
  readonly p: number
}

export interface RunOptions {
  readonly cache: string
  /** Threads of the runtime. */
  readonly threads: number
  readonly onProgress?: (text: string) => void
}

/** Trains (or finds) the network of a configuration and a seed. */
export async function trainedNetwork(given: TrainingConfig, seed: number, options: RunOptions): Promise<Trained> {
  const config = checkTrainingConfig({ ...given })
  const folder = join(options.cache, contentName({ config, seed }))
  const path = join(folder, 'trained.json')
  const found = await readJson<Trained>(path)
  if (found) return found
  const dataset = await loadTask(config.task, { ...config.data, store: STORE })
  const network = configuredNetwork(config.network as FreshNetwork, config, dataset, seed)
  const { unpruned, pruned } = await trainConfigured(network, dataset, config, {
    seed,
    threads: options.threads,
    checkpoints: fileStore(folder),
    onPhase: async (phase, result) => {
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, `${phase}.onnx`), await encodeOnnx(result.network))
    },
    onProgress: ({ stage, detail }) => options.onProgress?.(`seed ${seed}, ${stage}: ${detail ?? ''}`),
  })
  const last = ({ history }: typeof unpruned) => ({ ...history.at(-1)!.validation!, epochs: history.length })
  const { name, version, threads } = unpruned.runtime
  const trained: Trained = {
    folder,
    runtime: `${name} ${version}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    phases: { unpruned: last(unpruned), ...(pruned && { pruned: last(pruned) }) },
  }
  await writeJson(path, trained)
  return trained
}

/** n-cut and shuffle test of one phase of a trained network, as the papers made them. */
export async function measured(
  { folder }: Trained,
  phase: Phase,
  test: { readonly k: number; readonly shuffles: number; readonly null: NullModel },
  executor: Executor,
): Promise<Measured> {
  const path = join(folder, `${phase}-${test.null}-k${test.k}-${test.shuffles}.json`)
  const found = await readJson<Measured>(path)
  if (found) return found
  const network = await openNetwork(await fileSource(join(folder, `${phase}.onnx`)))
  const { part } = await prepareGraph(network, { protocol: 'paper' })
  const { comparisons, ncut } = await testModularity(part.graph, {
    ...{ k: test.k, seed: 0, nulls: [test.null], deciding: [test.null], shuffles: test.shuffles, executor },
    protocol: 'paper',
  })
  const [{ mean, sd, z, p }] = comparisons
  const result = { ncut, mean, sd, z, p }
  await writeJson(path, result)
  return result
}

const STORE = dataStore()

function contentName(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 24)
}

async function readJson<T>(path: string): Promise<T | undefined> {
  return readFile(path, 'utf8').then(JSON.parse, () => undefined)
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.tmp`, `${JSON.stringify(value)}\n`)
  await rename(`${path}.tmp`, path)
}
