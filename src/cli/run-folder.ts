/** The folder of one training run: configuration, metrics, checkpoints, networks, masks, result. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import { encodeOnnx } from '../formats/onnx-write.ts'
import { fileStore } from '../training/checkpoint-file.ts'
import type { FitResult } from '../training/fit.ts'
import type { EpochRecord } from '../training/history.ts'
import { masksAsNpz } from '../training/masks.ts'
import type { Phase, TrainResult } from '../training/train.ts'
import { writeAll } from './report-files.ts'

const PHASES: readonly Phase[] = ['unpruned', 'pruned']

export interface RunFolder {
  readonly checkpoints: ReturnType<typeof fileStore>
  /** One line of `metrics.jsonl`; of an epoch that was trained again, the last counts. */
  addRecord(phase: Phase, record: EpochRecord): void
  /** Writes the network of a phase; gives its path. */
  keepNetwork(phase: Phase, result: FitResult): Promise<string>
  /** Writes masks and the result, and lets go of the checkpoints. */
  finish(result: TrainResult, document: unknown): Promise<void>
  /** The result of a run that was finished before. */
  finished(): unknown
}

/**
 * Opens the folder, and writes the configuration into it.
 * @param resume go on from its checkpoints; otherwise there must be none
 * @throws UsageError when it holds an unfinished run that is not to be resumed, or a run of another configuration
 */
export async function openRunFolder(folder: string, config: unknown, resume: boolean): Promise<RunFolder> {
  const path = (name: string) => join(folder, name)
  const checkpointPaths = PHASES.map(phase => path(`${phase}.ckpt.npz`))
  const metricsPath = path('metrics.jsonl')
  const unfinished = checkpointPaths.some(existsSync)
  if (unfinished && !resume)
    throw new UsageError(
      'usage.out',
      `${folder} holds an unfinished run: go on with --resume, choose another --out, or delete the folder.`,
    )
  const text = `${JSON.stringify(config, null, 2)}\n`
  const known = existsSync(path('config.json')) ? readFileSync(path('config.json'), 'utf8') : undefined
  if (resume && known !== undefined && known !== text)
    throw new UsageError(
      'usage.resume',
      `${folder} holds a run of another configuration or seed (see its config.json): resume with the same, or choose another --out.`,
    )
  if (!resume) for (const name of ['result.json', 'metrics.jsonl']) rmSync(path(name), { force: true })
  await writeAll(folder, [[path('config.json'), text]])
  const records = new Map<string, string>()
  const add = (line: string) => {
    const { phase, epoch } = JSON.parse(line)
    records.set(`${phase} ${epoch}`, line)
  }
  if (existsSync(metricsPath)) readFileSync(metricsPath, 'utf8').split('\n').filter(Boolean).forEach(add)
  return {
    checkpoints: fileStore(folder),
    addRecord(phase, record) {
      add(JSON.stringify({ phase, ...record }))
      writeFileSync(metricsPath, `${[...records.values()].join('\n')}\n`)
    },
    async keepNetwork(phase, { network }) {
      const file = path(`${phase}.onnx`)
      await writeAll(folder, [[file, await encodeOnnx(network)]])
      return file
    },
    async finish({ masks }, document) {
      await writeAll(folder, [
        ...(masks ? [[path('masks.npz'), masksAsNpz(masks)] as [string, Uint8Array]] : []),
        [path('result.json'), `${JSON.stringify(document, null, 2)}\n`],
      ])
      for (const checkpoint of checkpointPaths) rmSync(checkpoint, { force: true })
    },
    finished: () =>
      !unfinished && existsSync(path('result.json'))
        ? JSON.parse(readFileSync(path('result.json'), 'utf8'))
        : undefined,
  }
}
