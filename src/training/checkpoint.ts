/**
 * Checkpoints: everything a run needs to go on as if it had not stopped. Random streams are addressed by seed, epoch and
 * step, so the step is all there is to store of them. One file each: an `.npz` of arrays, among them `meta`, JSON in
 * UTF-8 with what is no array and the names of what is (names of weights may not be safe as names in a zip).
 *
 * A run that is resumed ends with the same bits as one that was not stopped, on the same runtime and thread count.
 */
import { FormatError, UsageError } from '../errors.ts'
import { memorySource } from '../formats/memory-source.ts'
import { readNpz } from '../formats/npz.ts'
import { writeNpz } from '../tensor/npz.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import type { EpochRecord, EpochSums } from './history.ts'
import type { Score } from './keep.ts'

/** Where checkpoints lie. `checkpoint-file.ts` is the one on disk. */
export interface CheckpointStore {
  /** The bytes written last under this name; undefined if there are none. */
  read(name: string): Promise<Uint8Array | undefined>
  /** Replaces what lies there in one go: whatever goes wrong, the old or the new bytes are there in full. */
  write(name: string, bytes: Uint8Array): Promise<void>
}

export interface CheckpointOptions {
  readonly store: CheckpointStore
  /** Default: `training`. */
  readonly name?: string
  /** Steps from one checkpoint to the next. Default: an epoch. */
  readonly every?: number
}

/** A run between two steps. */
export interface Checkpoint {
  /** What the run was asked for; a checkpoint is taken up only by the same. */
  readonly config: Readonly<Record<string, unknown>>
  /** Steps made. */
  readonly step: number
  readonly sums: EpochSums
  readonly history: readonly EpochRecord[]
  /** Epochs since the validation loss last fell, and where it was. */
  readonly stall: Stall
  /** Graph state by name. */
  readonly state: ReadonlyMap<string, Tensor>
  readonly masks: ReadonlyMap<string, Tensor>
  /** Gradients that hooks gave, by hook and parameter. */
  readonly gradients: readonly {
    readonly hook: string
    readonly until: number
    readonly by: ReadonlyMap<string, Tensor>
  }[]
  readonly kept?: { readonly epoch: number; readonly score?: Score; readonly weights: ReadonlyMap<string, Tensor> }
  readonly hooks: ReadonlyMap<string, Readonly<Record<string, Tensor>>>
}

/** The state of early stopping. */
export interface Stall {
  readonly epochs: number
  readonly best: number | null
}

const VERSION = 1

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const arrays: Record<string, Tensor> = {}
  const hold = (values: Tensor) => {
    const name = `array${Object.keys(arrays).length}`
    arrays[name] = values
    return name
  }
  const holdAll = (tensors: Iterable<readonly [string, Tensor]>) =>
    Array.from(tensors, ([name, values]) => [name, hold(values)])
  const { config, step, sums, history, stall, kept } = checkpoint
  const meta = {
    ...{ version: VERSION, config, step, sums, history, stall },
    state: holdAll(checkpoint.state),
    masks: holdAll(checkpoint.masks),
    gradients: checkpoint.gradients.map(({ hook, until, by }) => ({ hook, until, by: holdAll(by) })),
    kept: kept && { epoch: kept.epoch, score: kept.score, weights: holdAll(kept.weights) },
    hooks: Array.from(checkpoint.hooks, ([name, saved]) => [name, holdAll(Object.entries(saved))]),
  }
  const text = new TextEncoder().encode(JSON.stringify(meta, writeNumber))
  return writeNpz({ ...arrays, meta: tensor(text, [text.length]) })
}

/** JSON has no infinities; a validation loss may be one. */
function writeNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value
}

function readNumber(_key: string, value: unknown): unknown {
  const isNumber = typeof value === 'object' && value !== null && 'number' in value && typeof value.number === 'string'
  return isNumber ? Number(value.number) : value
}

/** @throws FormatError when the bytes are no checkpoint of this version */
export async function decodeCheckpoint(bytes: Uint8Array, name: string): Promise<Checkpoint> {
  const members = new Map((await readNpz(memorySource(bytes, { name }))).map(member => [member.name, member]))
  const text = await members.get('meta')?.read()
  const meta = text && JSON.parse(new TextDecoder().decode(text.data as Uint8Array<ArrayBuffer>), readNumber)
  if (meta?.version !== VERSION)
    throw new FormatError('format.checkpoint', `"${name}" is no training checkpoint that this version can resume.`)
  type Names = readonly (readonly [string, string])[]
  const load = async (names: Names) => {
    const tensors = new Map<string, Tensor>()
    for (const [key, member] of names) tensors.set(key, await members.get(member)!.read())
    return tensors
  }
  const gradients: Checkpoint['gradients'][number][] = []
  for (const { hook, until, by } of meta.gradients) gradients.push({ hook, until, by: await load(by) })
  const hooks = new Map<string, Record<string, Tensor>>()
  for (const [hook, saved] of meta.hooks as readonly (readonly [string, Names])[])
    hooks.set(hook, Object.fromEntries(await load(saved)))
  return {
    ...{ config: meta.config, step: meta.step, sums: meta.sums, history: meta.history, stall: meta.stall },
    ...{ gradients, hooks, state: await load(meta.state), masks: await load(meta.masks) },
    ...(meta.kept && { kept: { ...meta.kept, weights: await load(meta.kept.weights) } }),
  }
}

/** @throws UsageError naming the first setting in which a checkpoint differs from what is asked for */
export function checkConfig(found: Checkpoint['config'], asked: Checkpoint['config'], name: string): void {
  for (const key of new Set([...Object.keys(found), ...Object.keys(asked)])) {
    const [old, now] = [found[key], asked[key]].map(value => JSON.stringify(value))
    if (old !== now)
      throw new UsageError(
        'usage.checkpoint',
        `The checkpoint "${name}" was made with "${key}" = ${old}, not ${now}: resume with the same options, or give the checkpoint another name.`,
      )
  }
}

/** Checkpoints in memory: for browsers and tests. */
export function memoryStore(): CheckpointStore {
  const files = new Map<string, Uint8Array>()
  return {
    read: async name => files.get(name),
    async write(name, bytes) {
      files.set(name, bytes)
    },
  }
}
