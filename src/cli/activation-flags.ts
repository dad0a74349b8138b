/** The flags of activation graphs, and the activations they ask for. */
import type { ArgsDef } from 'citty'
import { UsageError } from '../errors.ts'
import type { ActivationLayer } from '../graph/correlation.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'
import type { Network } from '../network/network.ts'
import type { WatchOptions } from '../progress.ts'
import { DATA_FLAGS, requiredData } from './data-flags.ts'
import { choice, type Flags, text } from './flags.ts'

const SUMMARIES = ['l1', 'l2', 'max', 'induced-1', 'spectral'] as const
const CORRELATIONS = ['spearman', 'pearson', 'kendall'] as const

export const ACTIVATION_FLAGS = {
  by: {
    type: 'string',
    valueHint: 'weights|activations',
    description: 'what links units: weights (default), or how far their activations on --data go together',
  },
  ...DATA_FLAGS,
  activations: {
    type: 'string',
    valueHint: 'FILE.npz',
    description: 'take the activations from this file instead: [examples × units] for each layer',
  },
  at: {
    type: 'string',
    valueHint: 'before|after',
    description: 'activations before or after the activation function (default after)',
  },
  summary: {
    type: 'string',
    valueHint: SUMMARIES.join('|'),
    description: "what a channel's map comes to in activations (default l1)",
  },
  correlation: {
    type: 'string',
    valueHint: CORRELATIONS.join('|'),
    description: 'whose square links units by activations (default spearman)',
  },
} as const satisfies ArgsDef

/** Whether the flags ask for a graph of activations. */
export function byActivations(flags: Flags): boolean {
  const by = choice(flags, 'by', ['weights', 'activations'])
  return by === 'activations' || (by === undefined && text(flags, 'activations') !== undefined)
}

/** Throws a UsageError for flags of activations where the graph is one of weights. */
export function refuseActivationFlags(flags: Flags): void {
  const stray = Object.keys(ACTIVATION_FLAGS).find(name => name !== 'by' && text(flags, name) !== undefined)
  if (stray) throw new UsageError('usage.flag', `--${stray} is about activations: add --by activations.`)
}

export function correlationOf(flags: Flags) {
  return choice(flags, 'correlation', CORRELATIONS)
}

export interface TakenActivations {
  readonly layers: readonly ActivationLayer[]
  /** What they are of, for the result. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** What a user should know about the examples. */
  readonly notes: readonly string[]
}

/** The activations of a network on the examples of `--data`. */
export async function takeActivations(
  network: Network,
  graph: Pick<UnitGraph, 'layers'>,
  flags: Flags,
  seed: number,
  watch: WatchOptions,
): Promise<TakenActivations> {
  const at = choice(flags, 'at', ['before', 'after']) ?? 'after'
  const summary = choice(flags, 'summary', SUMMARIES) ?? 'l1'
  const data = await requiredData(flags, network, seed, watch)
  const { activationsFor } = await import('../modules/partitioning.ts')
  const layers = await activationsFor(network, graph, data.inputs, { at, summary, ...watch })
  return { layers, parameters: { data: data.name, examples: examplesOf(layers), at, summary }, notes: data.notes }
}

/** The activations of `--activations`. */
export async function readActivations(
  path: string,
  graph: Pick<UnitGraph, 'layers'> | undefined,
  flags: Flags,
): Promise<TakenActivations> {
  const stray = ['at', ...Object.keys(DATA_FLAGS)].find(name => text(flags, name) !== undefined)
  if (stray)
    throw new UsageError('usage.flag', `--${stray} says how activations are taken, but ${path} holds them already.`)
  const { fileSource } = await import('../formats/file-source.ts')
  const { activationsFromNpz } = await import('../modules/activation-file.ts')
  const source = await fileSource(path)
  const summary = choice(flags, 'summary', SUMMARIES) ?? 'l1'
  const layers = await activationsFromNpz(source, graph?.layers, summary)
  return { layers, parameters: { activations: source.name, examples: examplesOf(layers), summary }, notes: [] }
}

function examplesOf([{ values, size }]: readonly ActivationLayer[]): number {
  return values.length / size
}
