/**
 * `lobes demo`: the main job, offline. A perceptron with modules planted by the clusterable initialisation is disguised
 * (units permuted and rescaled), written to a file, and its modules are found again from that file.
 */
import { join } from 'node:path'
import { fileSource } from '../formats/file-source.ts'
import { encodeOnnx } from '../formats/onnx-write.ts'
import { openNetwork } from '../formats/open.ts'
import { mlp } from '../network/architectures.ts'
import { buildChain } from '../network/build.ts'
import { disguise } from '../network/disguise.ts'
import { randomStream } from '../random.ts'
import { adjustedRandIndex } from '../stats/agreement.ts'
import { analyzeInto } from './analyze.ts'
import { TEST_FLAGS } from './cluster-flags.ts'
import { EXIT } from './exit.ts'
import { count, text } from './flags.ts'
import { OUTPUT_FLAGS } from './network-flags.ts'
import { analysisDocument, writeAll } from './report-files.ts'
import type { Verb } from './verbs.ts'

const SIZES = [100, 200, 200, 200, 10]
const MODULES = 10
const DEFAULT_SEED = 1
const DISGUISE_STREAM = 2

export const demo: Verb = {
  description: 'Plant modules in a network, hide them, find them again, and write the report.',
  args: {
    out: { type: 'string', valueHint: 'DIR', description: 'folder of the network and the report (default lobes-demo)' },
    seed: { type: 'string', valueHint: 'N', description: `another network (default ${DEFAULT_SEED})` },
    shuffles: TEST_FLAGS.shuffles,
    threads: TEST_FLAGS.threads,
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    const seed = count(flags, 'seed', 0) ?? DEFAULT_SEED
    const folder = text(flags, 'out') ?? 'lobes-demo'
    const { layers, planted } = mlp(SIZES, { seed, planting: { modules: MODULES } })
    const hidden = disguise(layers, randomStream(seed, DISGUISE_STREAM))
    const truth = hidden.order.flatMap((order, layer) => Array.from(order, unit => planted[layer][unit]))
    const path = join(folder, 'network.onnx')
    const network = buildChain(hidden.layers, { input: [SIZES[0]], name: 'demo' })
    await writeAll(folder, [[path, await encodeOnnx(network)]])

    terminal.print(`A ${SIZES.join('-')} perceptron with ${MODULES} planted modules; its units were then permuted and`)
    terminal.print(`rescaled, which changes nothing it computes, and it was written to ${path}.`)
    terminal.print()
    const source = await fileSource(path)
    const opened = { source, network: await openNetwork(source) }
    const options = { ...flags, k: String(MODULES), seed: String(seed) }
    const { analysis, page } = await analyzeInto(opened, folder, options, terminal, watch)
    const ari = adjustedRandIndex(truth, analysis.partition.labels)
    terminal.print()
    terminal.print(
      terminal.bold(`Agreement with the planted modules: ARI ${ari.toFixed(3)} (1 is perfect, 0 is chance).`),
    )
    terminal.print()
    terminal.print(`Open ${page} in a browser. Then try your own network:`)
    terminal.print('  npm run lobes -- analyze model.onnx --out report')
    terminal.document({ ...analysisDocument(analysis), agreement: { ari }, report: page })
    return EXIT.ok
  },
}
