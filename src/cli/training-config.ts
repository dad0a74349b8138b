/** What `lobes train` is asked for: a preset or a configuration file, changed by flags; and the data it names. */
import { readFile } from 'node:fs/promises'
import { dirname, extname, isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Dataset, IMAGE_SETS } from '../data/dataset.ts'
import { UsageError } from '../errors.ts'
import { suggestion } from '../near-match.ts'
import type { WatchOptions } from '../progress.ts'
import { checkTrainingConfig, type TrainingConfig } from '../training/config.ts'
import { PRESETS, presetConfig } from '../training/presets.ts'
import { count, type Flags, text } from './flags.ts'

type Settings = Readonly<Record<string, unknown>>

/**
 * The configuration of the first argument and the flags, checked.
 * @throws UsageError naming the key or the flag that is wrong
 */
export async function wantedConfig(flags: Flags): Promise<TrainingConfig> {
  const name = text(flags, 'config')
  const names = Object.keys(PRESETS)
  if (name === undefined)
    throw new UsageError(
      'usage.config',
      `What is to be trained? Give a preset (${names.join(', ')}) or a .json or .ts file.`,
    )
  const variants = [...(text(flags, 'with')?.split(',') ?? []), ...(flags.prune === true ? ['pruning'] : [])]
  const settings = names.includes(name) ? presetConfig(name, variants) : await readSettings(name, variants)
  return checkTrainingConfig(withFlags({ ...settings }, flags))
}

/** A configuration file; with a key `preset`, changes to that preset. */
async function readSettings(path: string, variants: readonly string[]): Promise<Settings> {
  const { preset, with: own = [], ...rest } = await readFileSettings(path)
  const settings = { ...rest, ...pathsFrom(dirname(path), rest) }
  if (preset !== undefined) {
    if (!Array.isArray(own))
      throw new UsageError('usage.option', `"with" is a list of variants, not ${JSON.stringify(own)}.`)
    return { ...presetConfig(String(preset), [...own, ...variants]), ...settings }
  }
  const stranger = variants.find(variant => variant !== 'pruning')
  if (stranger !== undefined)
    throw new UsageError('usage.flag', `--with ${stranger} is a variant of presets; ${path} names no "preset".`)
  const pruning = rest.pruning ?? (variants.length > 0 ? { epochs: rest.epochs } : undefined)
  return { ...settings, ...(pruning !== undefined && { pruning }) }
}

async function readFileSettings(path: string): Promise<Settings> {
  const kind = extname(path).toLowerCase()
  if (!['.json', '.ts', '.mts', '.js', '.mjs'].includes(kind))
    throw new UsageError(
      'usage.config',
      `There is no preset "${path}".${suggestion(path, Object.keys(PRESETS)) || ` There are ${Object.keys(PRESETS).join(', ')}; a configuration file ends in .json or .ts.`}`,
    )
  const content = await readFile(path, 'utf8').catch(error => {
    throw new UsageError('usage.file', `${path} cannot be read (${error.code}); check the path.`, { cause: error })
  })
  let settings: unknown
  try {
    settings = kind === '.json' ? JSON.parse(content) : (await import(pathToFileURL(resolve(path)).href)).default
  } catch (error) {
    throw new UsageError('usage.config', `${path} cannot be read as a configuration: ${(error as Error).message}`, {
      cause: error,
    })
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw new UsageError(
      'usage.config',
      `${path} holds no configuration: an object${kind === '.json' ? '' : ' as its default export'} is needed.`,
    )
  return settings as Settings
}

/** Files a configuration names lie where it lies. */
function pathsFrom(folder: string, { task, network }: Settings): Settings {
  const placed = (path: string) => (isAbsolute(path) ? path : join(folder, path))
  const named = network as { kind?: unknown; path?: unknown } | undefined
  return {
    ...(typeof task === 'string' && isFile(task) && { task: placed(task) }),
    ...(named?.kind === 'file' &&
      typeof named.path === 'string' && { network: { ...named, path: placed(named.path) } }),
  }
}

function withFlags(settings: Settings, flags: Flags): Settings {
  const epochs = count(flags, 'epochs', 1)
  const pruningEpochs = count(flags, 'pruning-epochs', 1)
  if (pruningEpochs !== undefined && settings.pruning === undefined)
    throw new UsageError('usage.flag', '--pruning-epochs needs a pruning phase: add --prune.')
  const strength = text(flags, 'penalty')
  if (strength !== undefined && !(Number(strength) >= 0))
    throw new UsageError('usage.value', `--penalty must be a number of at least 0, not "${strength}".`)
  return {
    ...settings,
    ...(text(flags, 'task') !== undefined && { task: text(flags, 'task') }),
    ...(epochs !== undefined && { epochs }),
    ...(pruningEpochs !== undefined && { pruning: { ...(settings.pruning as object), epochs: pruningEpochs } }),
    ...(strength !== undefined && { penalty: { ...(settings.penalty as object), strength: Number(strength) } }),
  }
}

function isFile(task: string): boolean {
  return task.toLowerCase().endsWith('.npz')
}

/** The data of a configuration: a task by name, or an `.npz` file. */
export function wantedData({ task, data = {} }: TrainingConfig, watch: WatchOptions): Promise<Dataset> {
  return wantedDataset(task, data, watch)
}

/** A task by name, or an `.npz` file, which takes no options. */
export async function wantedDataset(
  task: string,
  data: NonNullable<TrainingConfig['data']>,
  watch: WatchOptions,
): Promise<Dataset> {
  if (isFile(task)) {
    if (Object.keys(data).length > 0)
      throw new UsageError(
        'usage.option',
        `"data" is for tasks such as ${IMAGE_SETS.join(', ')}; "${task}" is taken whole.`,
      )
    const { fileSource } = await import('../formats/file-source.ts')
    const { npzDataset } = await import('../data/npz-dataset.ts')
    return npzDataset(await fileSource(task))
  }
  const { loadTask } = await import('../tasks/load.ts')
  const { dataStore } = await import('../data/store.ts')
  return loadTask(task, { ...data, ...watch, store: dataStore() })
}
