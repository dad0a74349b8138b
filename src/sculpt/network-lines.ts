/**
 * Masked networks as JSON, one a line: `arch` [n₀, …, n_L]; `edges`, for each step between layers a list of
 * [from, to, weight]; `biases`, for each layer but the inputs a list of [unit, bias], others being 0. And with them what
 * detection needs: `step`, `merge_threshold`, `mm_threshold`, and `modularity`, the name of the task as a list of
 * numbers (or as text). Other keys are passed over.
 */
import { FormatError } from '../errors.ts'
import { parseJson } from '../formats/json.ts'
import type { DetectOptions } from './detect.ts'
import type { MaskedEdges, MaskedNetwork } from './masked-network.ts'

export interface NetworkLine {
  readonly id: string | number | null
  readonly network: MaskedNetwork
  readonly options: DetectOptions
  /** Name of the task, e.g. `[4,2,4]`; undefined where the line tells none. */
  readonly task: string | undefined
}

/** No layer of a sculpted network comes near; a larger number in a file is a slip, and would exhaust memory. */
const LARGEST_LAYER = 1_000_000

/**
 * @param line one JSON object.
 * @param where begins the sentence of errors, e.g. `networks.jsonl, line 3`.
 * @throws FormatError for whatever does not fit; the message names the place.
 */
export function parseNetworkLine(line: string, where: string): NetworkLine {
  const value = parseJson(new TextEncoder().encode(line), where)
  const fail = (what: string): never => {
    throw new FormatError('format.network-line', `${where}: ${what}`)
  }
  const { id = null, arch, edges, biases, modularity } = value
  if (id !== null && typeof id !== 'string' && typeof id !== 'number') fail('"id" must be a number or text.')
  if (!isArray(arch) || arch.length < 2 || !arch.every(size => isIndex(size, LARGEST_LAYER + 1) && size > 0))
    return fail(`"arch" must be a list of at least two layer sizes, not ${shown(arch)}.`)
  const sizes = arch as number[]
  const steps = sizes.length - 1
  if (!isArray(edges) || edges.length !== steps)
    return fail(`"edges" must have a list for each of the ${steps} steps between layers, not ${shown(edges)}.`)
  if (!isArray(biases) || biases.length !== steps)
    return fail(`"biases" must have a list for each of the ${steps} layers above the inputs, not ${shown(biases)}.`)
  return {
    id: id as NetworkLine['id'],
    network: {
      arch: sizes,
      edges: edges.map((list, l) => readEdges(list, sizes[l], sizes[l + 1], `edges[${l}]`, fail)),
      biases: biases.map((list, l) => readBiases(list, sizes[l + 1], `biases[${l}]`, fail)),
    },
    options: {
      ...optional(value, 'step', 'step', number => Number.isSafeInteger(number) && number > 0, fail),
      ...optional(value, 'merge_threshold', 'mergeThreshold', isShare, fail),
      ...optional(value, 'mm_threshold', 'modularityThreshold', isShare, fail),
    },
    task: taskName(modularity, fail),
  }
}

type Fail = (what: string) => never

function readEdges(list: unknown, below: number, above: number, name: string, fail: Fail): MaskedEdges {
  if (!isArray(list)) return fail(`${name} must be a list, not ${shown(list)}.`)
  const seen = new Set<number>()
  for (const [e, edge] of list.entries()) {
    if (
      !isArray(edge) ||
      edge.length !== 3 ||
      !isIndex(edge[0], below) ||
      !isIndex(edge[1], above) ||
      !isNumber(edge[2])
    )
      return fail(`${name}[${e}] must be [unit below ${below}, unit below ${above}, weight], not ${shown(edge)}.`)
    const key = edge[0] * above + edge[1]
    if (seen.has(key)) return fail(`${name}[${e}] is a second edge from ${edge[0]} to ${edge[1]}.`)
    seen.add(key)
  }
  const edges = list as [number, number, number][]
  return {
    from: Int32Array.from(edges, edge => edge[0]),
    to: Int32Array.from(edges, edge => edge[1]),
    weight: Float64Array.from(edges, edge => edge[2]),
  }
}

function readBiases(list: unknown, size: number, name: string, fail: Fail): Float64Array {
  if (!isArray(list)) return fail(`${name} must be a list, not ${shown(list)}.`)
  const biases = new Float64Array(size)
  for (const [b, entry] of list.entries()) {
    if (!isArray(entry) || entry.length !== 2 || !isIndex(entry[0], size) || !isNumber(entry[1]))
      return fail(`${name}[${b}] must be [unit below ${size}, bias], not ${shown(entry)}.`)
    biases[entry[0]] = entry[1]
  }
  return biases
}

function optional(
  value: Record<string, unknown>,
  key: string,
  option: keyof DetectOptions,
  fits: (number: number) => boolean,
  fail: Fail,
): DetectOptions {
  const given = value[key]
  if (given === undefined || given === null) return {}
  if (!isNumber(given) || !fits(given))
    return fail(`"${key}" must be ${key === 'step' ? 'a whole number above 0' : 'from 0 to 1'}, not ${shown(given)}.`)
  return { [option]: given }
}

function taskName(modularity: unknown, fail: Fail): string | undefined {
  if (modularity === undefined || modularity === null) return undefined
  if (typeof modularity === 'string') return modularity
  if (isArray(modularity) && modularity.every(isNumber)) return `[${modularity.join(',')}]`
  return fail(`"modularity" must be a list of numbers or a name, not ${shown(modularity)}.`)
}

const isArray = (value: unknown): value is unknown[] => Array.isArray(value)
const isNumber = (value: unknown): value is number => Number.isFinite(value)
const isShare = (value: number) => value >= 0 && value <= 1
const isIndex = (value: unknown, size: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < size

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
