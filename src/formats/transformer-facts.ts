/**
 * What the weights of a transformer do not tell: how many heads share the matrices of attention, which norm and activation
 * it has, and where. It comes from a `layers.json` with one entry of type `transformer`, else from the `config.json` that
 * Hugging Face puts beside its files.
 */
import { UsageError } from '../errors.ts'
import { parseJson } from './json.ts'
import type { ByteSource } from './source.ts'

export interface TransformerFacts {
  readonly heads?: number
  /** Heads of keys and values. */
  readonly keyHeads?: number
  /** Norms before the parts, or behind them on the stream. */
  readonly norms?: 'before' | 'behind'
  readonly norm?: 'layer' | 'rms'
  /** Attention and perceptron of a block read the same stream. */
  readonly parallel?: boolean
  readonly activation?: string
  /** Gains are stored less 1 (Gemma). */
  readonly gainsFromOne?: boolean
}

/** Facts of a `layers.json` that is one transformer; undefined for a chain of layers. */
export function factsOfLayers(given: unknown): TransformerFacts | undefined {
  if (!Array.isArray(given) || (given[0] as { type?: unknown } | undefined)?.type !== 'transformer') return undefined
  const wrong = (problem: string) => new UsageError('usage.layers', `layers.json, the transformer: ${problem}.`)
  if (given.length > 1) throw wrong('it must be the only layer')
  const checks: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
    type: [() => true, ''],
    heads: [isCount, 'a positive integer'],
    keyHeads: [isCount, 'a positive integer'],
    norms: [value => value === 'before' || value === 'behind', '"before" or "behind"'],
    norm: [value => value === 'layer' || value === 'rms', '"layer" or "rms"'],
    parallel: [value => typeof value === 'boolean', 'true or false'],
    activation: [value => typeof value === 'string', 'the name of an activation function'],
  }
  const { type: _, ...facts } = given[0] as Record<string, unknown>
  for (const [key, value] of Object.entries(facts)) {
    if (!Object.hasOwn(checks, key))
      throw wrong(`there is no "${key}"; it has ${Object.keys(checks).slice(1).join(', ')}`)
    const [test, wanted] = checks[key]
    if (!test(value)) throw wrong(`"${key}" is ${JSON.stringify(value)}; it must be ${wanted}`)
  }
  return facts
}

/** Far above every config.json in use. */
const LARGEST_CONFIG = 2 ** 22

/** Facts of the `config.json` beside the file, if there is one; what is of another type than expected is not taken. */
export async function factsOfConfig(source: ByteSource): Promise<TransformerFacts | undefined> {
  const file = await source.sibling?.('config.json')
  if (!file || file.byteLength > LARGEST_CONFIG) return undefined
  const config = parseJson(await file.slice(0, file.byteLength), file.name)
  const first = <T>(test: (value: unknown) => value is T, ...keys: string[]): T | undefined =>
    keys.map(key => config[key]).find(test)
  const isText = (value: unknown) => typeof value === 'string'
  const isBoolean = (value: unknown) => typeof value === 'boolean'
  const behind = first(isBoolean, 'do_layer_norm_before') === false
  return {
    heads: first(isCount, 'num_attention_heads', 'n_head', 'n_heads', 'num_heads'),
    keyHeads: first(isCount, 'num_key_value_heads'),
    norm: 'rms_norm_eps' in config ? 'rms' : /layer_?norm_eps/.test(Object.keys(config).join()) ? 'layer' : undefined,
    norms: behind ? 'behind' : undefined,
    parallel: first(isBoolean, 'use_parallel_residual', 'parallel_attn'),
    activation: first(isText, 'activation_function', 'hidden_act', 'hidden_activation', 'activation'),
    gainsFromOne: /^gemma/.test(first(isText, 'model_type') ?? ''),
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 2 ** 16
}
