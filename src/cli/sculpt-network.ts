/** `lobes sculpt FILE --data NAME`: a network of the user's, pruned and read. */
import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import { encodeOnnx } from '../formats/onnx-write.ts'
import { SCHEMA_VERSION } from '../report/analysis.ts'
import { detectModules } from '../sculpt/detect.ts'
import { moduleHierarchy } from '../sculpt/hierarchy.ts'
import { networkRecord } from '../sculpt/network-record.ts'
import { IMAGE_DETECTION, sculptNetwork } from '../sculpt/own/sculpt-network.ts'
import { VERSION } from '../version.ts'
import { count, type Flags, seedOf, text } from './flags.ts'
import { openFile } from './network-flags.ts'
import { writeAll } from './report-files.ts'
import { detectionOptions, pruningOptions } from './sculpt-flags.ts'
import { columns, shown, type Terminal } from './terminal.ts'
import { wantedDataset } from './training-config.ts'
import type { Watch } from './watch.ts'

export async function sculptOwn(
  file: string,
  data: string,
  flags: Flags,
  terminal: Terminal,
  watch: Watch,
): Promise<number> {
  const { source, network } = await openFile({ ...flags, file })
  const dataset = await wantedDataset(data, {}, watch)
  const { epochs, batch, rate, drop, unitSteps, edgeSteps } = pruningOptions(flags)
  if ([unitSteps, edgeSteps].some(steps => steps !== undefined && steps.length !== 1))
    throw new UsageError('usage.sculpt', 'A network is pruned once: give one number to --unit-steps and --edge-steps.')
  const seed = seedOf(flags)
  const detection = { ...IMAGE_DETECTION, ...detectionOptions(flags) }
  const result = await sculptNetwork(network, dataset, {
    ...{ seed, epochs, batch, rate, drop, unitStep: unitSteps?.[0], edgeStep: edgeSteps?.[0] },
    ...{ threads: count(flags, 'threads', 1), signal: watch.signal, onProgress: watch.onProgress },
  })
  watch.clear()
  const found = detectModules(result.masked, detection)
  const hierarchy = moduleHierarchy(result.masked, found)
  terminal.print(
    terminal.bold(`${source.name}: ${found.count} modules; ${shown(100 * result.sparsity, 2)} % of the edges pruned`),
  )
  terminal.print(
    `accuracy ${shown(100 * result.accuracyBefore, 2)} % before, ${shown(100 * result.accuracy, 2)} % after; seed ${seed}`,
  )
  const head = ['module', 'level', 'units by layer', '']
  const rows = hierarchy.modules.map(({ id, level, units, inputSeparable, reused, shared }) => [
    String(id),
    String(level),
    units.map(([layer, own]) => `${layer}: ${own.length}`).join(', '),
    [inputSeparable && 'input-separable', reused && 'reused', shared && 'shared inputs'].filter(Boolean).join(', '),
  ])
  const [line, ...rest] = columns([head, ...rows])
  terminal.print(terminal.dim(line))
  for (const row of rest) terminal.print(row)
  const { masked, network: pruned, ...numbers } = result
  const document = {
    ...{ schemaVersion: SCHEMA_VERSION, tool: { name: 'lobes', version: VERSION, node: process.version } },
    ...{ file: source.name, data: dataset.name, seed, detection, ...numbers },
    ...{ units: found.layers.map(({ alive }) => alive.length), hierarchy, network: networkRecord(masked) },
  }
  const out = text(flags, 'out')
  if (out !== undefined) {
    await writeAll(out, [
      [join(out, 'sculpted.onnx'), await encodeOnnx(pruned)],
      [join(out, 'sculpting.json'), `${JSON.stringify(document)}\n`],
      [join(out, 'networks.jsonl'), `${JSON.stringify({ id: source.name, ...networkRecord(masked) })}\n`],
    ])
    terminal.note(`written: ${out}`)
  }
  terminal.document(document)
  return 0
}
