/** `lobes train PRESET|CONFIG`: a network trained, and pruned where asked for, with everything it takes to repeat it. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Dataset } from '../data/dataset.ts'
import { UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import { SCHEMA_VERSION } from '../report/analysis.ts'
import type { TrainingConfig } from '../training/config.ts'
import { configuredNetwork } from '../training/configured-network.ts'
import type { FitResult } from '../training/fit.ts'
import { type Phase, type TrainResult, trainConfigured } from '../training/train.ts'
import { VERSION } from '../version.ts'
import { EXIT } from './exit.ts'
import { count, type Flags, seedOf, text } from './flags.ts'
import { OUTPUT_FLAGS } from './network-flags.ts'
import { openRunFolder } from './run-folder.ts'
import { shown, type Terminal } from './terminal.ts'
import { wantedConfig, wantedData } from './training-config.ts'
import type { Verb } from './verb.ts'
import type { Watch } from './watch.ts'

export const train: Verb = {
  description: 'Train a network, and prune it: a preset of the papers, or a configuration file.',
  args: {
    config: {
      type: 'positional',
      description: 'mlp, small-mlp, mlp-regression, cnn, vgg16-cifar, or a .json or .ts file',
      required: false,
    },
    task: { type: 'string', valueHint: 'NAME', description: 'another task, see lobes data, or an .npz file' },
    with: {
      type: 'string',
      valueHint: 'a,b',
      description: 'variants of a preset: dropout, l1, l2, clusterable, penalty',
    },
    epochs: { type: 'string', valueHint: 'N', description: 'epochs before pruning' },
    prune: { type: 'boolean', description: 'train on while pruning to 90 %, after the unpruned network was written' },
    'pruning-epochs': { type: 'string', valueHint: 'N', description: 'epochs of the pruning phase' },
    penalty: { type: 'string', valueHint: 'λ', description: 'strength of the clusterability penalty' },
    seed: { type: 'string', valueHint: 'N', description: 'seed of everything random; drawn and shown if not given' },
    seeds: { type: 'string', valueHint: 'N', description: 'so many networks, from consecutive seeds (default 1)' },
    out: { type: 'string', valueHint: 'DIR', description: 'folder of the run (default lobes-train)' },
    resume: { type: 'boolean', description: 'go on from the last checkpoint in --out' },
    threads: { type: 'string', valueHint: 'N', description: 'threads of the runtime (default: one per core)' },
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    const config = await wantedConfig(flags)
    const folder = text(flags, 'out') ?? 'lobes-train'
    const resume = flags.resume === true
    if (resume && text(flags, 'seed') === undefined)
      throw new UsageError('usage.resume', '--resume needs the --seed of the run, which its config.json tells.')
    const first = seedOf(flags)
    const seeds = count(flags, 'seeds', 1) ?? 1
    const dataset = await wantedData(config, watch)
    watch.clear()
    terminal.print(terminal.bold(`${dataset.name}: ${dataset.provenance}`))
    const runs: RunResult[] = []
    for (let seed = first; seed < first + seeds; seed++) {
      const place = seeds === 1 ? folder : join(folder, `seed-${seed}`)
      runs.push(await oneRun({ config, dataset, seed, folder: place, resume, flags }, terminal, watch))
    }
    terminal.document({ ...IDENTITY, config, runs })
    return EXIT.ok
  },
}

const IDENTITY = { schemaVersion: SCHEMA_VERSION, tool: { name: 'lobes', version: VERSION, node: process.version } }

/** What one run ends with; `result.json` holds it. */
type RunResult = ReturnType<typeof describe> & { readonly seed: number; readonly folder: string }

interface RunRequest {
  readonly config: TrainingConfig
  readonly dataset: Dataset
  readonly seed: number
  readonly folder: string
  readonly resume: boolean
  readonly flags: Flags
}

async function oneRun(request: RunRequest, terminal: Terminal, watch: Watch): Promise<RunResult> {
  const { config, dataset, seed, folder, resume, flags } = request
  const run = await openRunFolder(folder, { ...config, seed }, resume)
  const before = run.finished() as RunResult | undefined
  if (resume && before) {
    terminal.note(`${folder} is finished: nothing to resume.`)
    return before
  }
  const network = await startNetwork(config, dataset, seed)
  terminal.print(`seed ${seed}: ${network.name}, into ${folder}`)
  const result = await trainConfigured(network, dataset, config, {
    seed,
    threads: count(flags, 'threads', 1) ?? availableParallelism(),
    signal: watch.signal,
    onProgress: watch.onProgress,
    checkpoints: run.checkpoints,
    onEpoch: (phase, record) => run.addRecord(phase, record),
    onPhase: async (phase, fitted) => {
      const path = await run.keepNetwork(phase, fitted)
      watch.clear()
      terminal.print(`${phase}: ${scoreText(fitted)}; ${path}`)
    },
  }).catch(error => {
    watch.clear()
    if (watch.signal.aborted)
      terminal.note(`The last checkpoint is kept in ${folder}; go on with --resume --seed ${seed}.`)
    throw error
  })
  const document = { seed, folder, ...describe(result) }
  await run.finish(result, document)
  terminal.print(
    terminal.dim(`${document.runtime.name} ${document.runtime.version}, threads: ${document.runtime.threads}`),
  )
  return document
}

/** The network before training: built, or opened. */
async function startNetwork(config: TrainingConfig, dataset: Dataset, seed: number): Promise<Network> {
  if (config.network.kind !== 'file') return configuredNetwork(config.network, config, dataset, seed)
  const { fileSource } = await import('../formats/file-source.ts')
  const { openNetwork } = await import('../formats/open.ts')
  return openNetwork(await fileSource(config.network.path))
}

function describe({ unpruned, pruned, masks }: TrainResult) {
  const phase = (name: Phase, { history, keptEpoch, steps, stoppedEarly }: FitResult) => ({
    file: `${name}.onnx`,
    ...{ keptEpoch, epochs: history.length, steps, stoppedEarly },
    metrics: history.find(({ epoch }) => epoch === keptEpoch)?.validation,
  })
  let zeros = 0
  let weights = 0
  for (const { data } of masks?.values() ?? []) {
    weights += data.length
    for (const kept of data) if (kept === 0) zeros++
  }
  return {
    runtime: (pruned ?? unpruned).runtime,
    unpruned: phase('unpruned', unpruned),
    ...(pruned && { pruned: { ...phase('pruned', pruned), masks: 'masks.npz', sparsity: zeros / weights } }),
  }
}

function scoreText({ history, keptEpoch }: FitResult): string {
  const metrics = history.find(({ epoch }) => epoch === keptEpoch)?.validation
  if (!metrics) return `${keptEpoch} epochs`
  const { accuracy, bitAccuracy, loss } = metrics
  const score = accuracy ?? bitAccuracy
  return `${score === undefined ? '' : `test accuracy ${shown(score)}, `}loss ${shown(loss)} after ${keptEpoch} epochs`
}
