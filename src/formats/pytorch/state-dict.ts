/**
 * Which of the dictionaries in a checkpoint are the weights. Training scripts nest them (`model`, `state_dict`, averaged
 * copies beside) and wrappers put prefixes before all names; what was chosen is said, and what cannot be told is asked.
 */
import { ResourceError, UnsupportedError, UsageError } from '../../errors.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { type PickleValue, quoted } from './pickle.ts'
import { isHost, type TensorView } from './tensors.ts'

export interface StateDict {
  /** Keys that lead to it, joined by dots; empty for the whole checkpoint. */
  readonly path: string
  /** In the order in which the modules were registered. */
  readonly tensors: ReadonlyMap<string, TensorView>
}

const DEEPEST = 6
const MOST_DICTIONARIES = 1000
/** Best first. */
const USUAL_KEYS = ['state_dict', 'model_state_dict', 'model_state', 'model', 'network', 'net', 'module', 'weights']
/** Averages of weights over training, and teachers that are such averages. */
const AVERAGED = /(^|[._-])(ema|swa|averaged?|shadow|teacher|target)([._-]|$)/i
/** States of optimisers and schedulers hold tensors too. */
const NOT_WEIGHTS = /(^|[._-])(optim\w*|scheduler\w*|lr_\w*|scaler|amp|loss\w*|rng\w*)([._-]|$)/i
/** What DataParallel and torch.compile put before the names. */
const WRAPPERS = ['module.', '_orig_mod.']
const MOST_WRAPPERS = 4
/** Larger networks are saved in shards. Each takes a few kilobytes once the network is built. */
const MOST_TENSORS = 30_000
/** Listed in messages. */
const MOST_LISTED = 20

/**
 * @param key the path of the one to take, as `--key` gives it.
 * @returns the tensors by name, without prefixes that all names share, and what is to be said about the choice.
 */
export function chooseStateDict(value: PickleValue, key: string | undefined, file: string) {
  const candidates = stateDictsIn(value)
  const chosen = key === undefined ? likeliest(candidates, value, file) : keyed(candidates, key, file)
  if (chosen.tensors.size > MOST_TENSORS)
    throw new ResourceError(
      'resource.tensors',
      `${file} has ${chosen.tensors.size} tensors at ${quoted(chosen.path)}, more than the ${MOST_TENSORS} that are read.`,
    )
  const notes: string[] = []
  if (chosen.path !== '' && key === undefined)
    notes.push(`The weights are those at ${quoted(chosen.path)} of the checkpoint.`)
  const others = candidates.filter(candidate => candidate !== chosen)
  if (others.length > 0 && key === undefined)
    notes.push(`Other weights in the file, to be chosen with --key: ${listOf(others)}.`)
  return { tensors: withoutWrappers(chosen.tensors, notes), notes }
}

/** Dictionaries with tensors among their values, outermost first. Each is looked at once, however often it is named. */
function stateDictsIn(value: PickleValue): StateDict[] {
  const found: StateDict[] = []
  const seen = new Set<PickleValue>()
  const waiting: { path: string[]; value: PickleValue }[] = [{ path: [], value }]
  for (let at = 0; at < waiting.length; at++) {
    const { path, value } = waiting[at]
    if (!(value instanceof Map) || seen.has(value)) continue
    seen.add(value)
    const tensors = new Map<string, TensorView>()
    for (const [name, item] of value) {
      if (typeof name !== 'string') continue
      if (isHost<TensorView>(item, 'tensor')) tensors.set(name, item)
      else if (item instanceof Map && path.length < DEEPEST && waiting.length < MOST_DICTIONARIES)
        waiting.push({ path: [...path, name], value: item })
    }
    if (tensors.size > 0) found.push({ path: path.join('.'), tensors })
  }
  const hasMatrix = ({ tensors }: StateDict) => [...tensors.values()].some(({ shape }) => shape.length > 1)
  const networks = found.filter(hasMatrix)
  return networks.length > 0 ? networks : found
}

function likeliest(candidates: readonly StateDict[], value: PickleValue, file: string): StateDict {
  if (candidates.length === 0)
    throw new UnsupportedError(
      'unsupported.empty',
      `${file} holds no state_dict, but ${kindOf(value)}; save the weights with torch.save(model.state_dict(), "weights.pt").`,
    )
  const networks = candidates.filter(({ path }) => !NOT_WEIGHTS.test(path))
  const own = networks.filter(({ path }) => !AVERAGED.test(path))
  const [first, ...more] = own.length > 0 ? own : networks.length > 0 ? networks : candidates
  if (first.path === '' || more.length === 0) return first
  for (const usual of USUAL_KEYS) {
    const match = own.find(({ path }) => path === usual)
    if (match) return match
  }
  throw new UnsupportedError(
    'unsupported.several-networks',
    `${file} holds the weights of more than one network; choose with --key (option key): ${listOf(candidates)}.`,
  )
}

function keyed(candidates: readonly StateDict[], key: string, file: string): StateDict {
  const match = candidates.find(({ path }) => path === key)
  if (match) return match
  throw new UsageError(
    'usage.key',
    `${file} has no weights at the key ${JSON.stringify(key)}; it has them at ${listOf(candidates) || 'none'}.`,
  )
}

function listOf(candidates: readonly StateDict[]): string {
  const rest = candidates.length - MOST_LISTED
  return candidates.slice(0, MOST_LISTED).map(describe).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

function describe({ path, tensors }: StateDict): string {
  const parameters = [...tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0)
  return `${path === '' ? 'the top level' : quoted(path)} (${tensors.size} tensors, ${parameters} elements)`
}

function kindOf(value: PickleValue): string {
  if (value instanceof Map)
    return `a dictionary of ${[...value.keys()]
      .slice(0, 10)
      .map(key => String(key).slice(0, 40))
      .join(', ')}`
  if (Array.isArray(value)) return `a list of ${value.length}`
  return isHost(value, 'tensor') ? 'a single tensor' : 'something else'
}

function withoutWrappers(tensors: ReadonlyMap<string, TensorView>, notes: string[]): ReadonlyMap<string, TensorView> {
  let bare = tensors
  for (let round = 0; round < MOST_WRAPPERS; round++) {
    const wrapper = WRAPPERS.find(prefix =>
      [...bare.keys()].every(name => name.startsWith(prefix) && name.length > prefix.length),
    )
    if (wrapper === undefined) break
    bare = new Map(Array.from(bare, ([name, view]) => [name.slice(wrapper.length), view]))
    notes.push(`The prefix "${wrapper}" of all names is left out.`)
  }
  return bare
}
