/**
 * `lobes demo`: the main job, offline. A perceptron with the clusterable initialisation is trained on digits that the
 * program draws, pruned to 90 %, and written to a file; the modules of that file are found, tested, lesioned and
 * reported, and compared with those of the initialisation.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { exampleSize } from '../data/dataset.ts'
import { evaluationData } from '../data/evaluation-data.ts'
import { datasetExamples } from '../data/stored-examples.ts'
import { fileSource } from '../formats/file-source.ts'
import { encodeOnnx } from '../formats/onnx-write.ts'
import { openNetwork } from '../formats/open.ts'
import { mlp } from '../network/architectures.ts'
import { adjustedRandIndex } from '../stats/agreement.ts'
import { loadTask } from '../tasks/load.ts'
import type { FitResult } from '../training/fit.ts'
import { masksAsNpz } from '../training/masks.ts'
import { type Phase, trainConfigured } from '../training/train.ts'
import { analyzeInto } from './analyze.ts'
import { TEST_FLAGS } from './cluster-flags.ts'
import { EXIT } from './exit.ts'
import { count, text } from './flags.ts'
import { OUTPUT_FLAGS } from './network-flags.ts'
import { analysisDocument, writeAll } from './report-files.ts'
import { shown } from './terminal.ts'
import type { Verb } from './verb.ts'

const HIDDEN = [128, 128, 128]
const MODULES = 10
/** A few epochs are enough to see it, in seconds. */
const CONFIG = {
  task: 'digits',
  network: { kind: 'mlp', hidden: HIDDEN },
  clusterable: { modules: MODULES, skipFirst: true },
  epochs: 4,
  pruning: { epochs: 4 },
} as const
const DEFAULT_SEED = 1
/** That the modules are lesioned on. */
const EXAMPLES = 1000

export const demo: Verb = {
  description: 'Train a network on drawn digits, prune it, find its modules, and write the report.',
  args: {
    out: {
      type: 'string',
      valueHint: 'DIR',
      description: 'folder of the networks and the report (default lobes-demo)',
    },
    seed: { type: 'string', valueHint: 'N', description: `another network (default ${DEFAULT_SEED})` },
    shuffles: TEST_FLAGS.shuffles,
    threads: TEST_FLAGS.threads,
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    const seed = count(flags, 'seed', 0) ?? DEFAULT_SEED
    const folder = text(flags, 'out') ?? 'lobes-demo'
    const pathOf = (phase: Phase) => join(folder, `${phase}.onnx`)
    const dataset = await loadTask(CONFIG.task)
    const sizes = [exampleSize(dataset), ...HIDDEN, dataset.outputs]
    const { network, planted } = mlp(sizes, { seed, planting: CONFIG.clusterable })
    watch.clear()
    terminal.print(
      `A ${sizes.join('-')} perceptron learns digits that lobes draws. Its ${MODULES} modules are planted in the`,
    )
    terminal.print('initial weights of all layers but the first; then it is trained, and pruned to a tenth.')
    const { unpruned, masks } = await trainConfigured(network, dataset, CONFIG, {
      signal: watch.signal,
      onProgress: watch.onProgress,
      seed,
      threads: count(flags, 'threads', 1) ?? availableParallelism(),
      onPhase: async (phase, result) => {
        await writeAll(folder, [[pathOf(phase), await encodeOnnx(result.network)]])
        watch.clear()
        terminal.print(`${phase}: test accuracy ${shown(accuracyOf(result))}; ${pathOf(phase)}`)
      },
    })
    if (masks) await writeAll(folder, [[join(folder, 'masks.npz'), masksAsNpz(masks)]])

    terminal.print()
    const source = await fileSource(pathOf('pruned'))
    const opened = { source, network: await openNetwork(source) }
    const options = { ...flags, k: String(MODULES), seed: String(seed), units: 'no-inputs' }
    const data = evaluationData(opened.network, datasetExamples(dataset), { examples: EXAMPLES, seed })
    const { analysis, page } = await analyzeInto(opened, data, folder, options, terminal, watch)
    const truth = planted.slice(1).flatMap(modules => [...modules])
    const { labels } = analysis.partition
    const kept = labels.flatMap((label, unit) => (label < 0 ? [] : [unit]))
    const ari = adjustedRandIndex(
      kept.map(unit => truth[unit]),
      kept.map(unit => labels[unit]),
    )
    terminal.print()
    terminal.print(
      terminal.bold(
        `Agreement with the modules of the initial weights: ARI ${ari.toFixed(3)} (1 is perfect, 0 is chance).`,
      ),
    )
    terminal.print()
    terminal.print(`Open ${page} in a browser. Then try your own network:`)
    terminal.print('  npm run lobes -- analyze model.onnx --out report')
    const { runtime } = unpruned
    terminal.document({
      ...analysisDocument(analysis),
      agreement: { ari },
      training: { runtime, config: CONFIG },
      report: page,
    })
    return EXIT.ok
  },
}

function accuracyOf({ history }: FitResult): number {
  return history.at(-1)?.validation?.accuracy ?? Number.NaN
}
