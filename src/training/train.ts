/**
 * A configuration carried out: the network is trained; then, where asked for, trained on while it is pruned, with the
 * optimiser's state reset, as the clusterability papers did. The two phases are two runs of `fit`, each with its own
 * checkpoint (`unpruned`, `pruned`).
 */
import type { Dataset } from '../data/dataset.ts'
import type { Network } from '../network/network.ts'
import { checkSeed, randomStream } from '../random.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import type { CheckpointStore } from './checkpoint.ts'
import { clusterabilityPenalty } from './clusterability-penalty.ts'
import { fitOptions, type TrainingConfig } from './config.ts'
import { dropoutByValue } from './configured-network.ts'
import { fanInNormaliser } from './fan-in-normaliser.ts'
import { type FitResult, fit } from './fit.ts'
import type { FitOptions } from './fit-options.ts'
import type { EpochRecord } from './history.ts'
import type { TrainingHook } from './hooks.ts'
import { magnitudePruning, polynomialDecay } from './pruning.ts'

export type Phase = 'unpruned' | 'pruned'

export interface TrainOptions extends Pick<FitOptions, 'signal' | 'onProgress' | 'runtime' | 'threads'> {
  readonly seed: number
  /** Where the phases' checkpoints lie. Default: none are made. */
  readonly checkpoints?: CheckpointStore
  readonly onEpoch?: (phase: Phase, record: EpochRecord) => void
  /** Called after each phase, before the next: whatever happens then, this much is there. */
  readonly onPhase?: (phase: Phase, result: FitResult) => Promise<void> | void
}

export interface TrainResult {
  readonly unpruned: FitResult
  readonly pruned?: FitResult
  /** Of the pruned network, by weight, in its shape. */
  readonly masks?: ReadonlyMap<string, Tensor>
}

/**
 * Trains (and prunes) a network as a checked configuration says. The network given stays as it is.
 *
 * @throws what `fit` throws; UsageError for hooks that do not fit the network, before anything is trained
 */
export async function trainConfigured(
  network: Network,
  dataset: Dataset,
  config: TrainingConfig,
  options: TrainOptions,
): Promise<TrainResult> {
  const { checkpoints, onEpoch, onPhase, seed, ...watch } = options
  checkSeed(seed)
  // Fresh ones for each phase: hooks have memory.
  const shaping = async (thresholds?: ReadonlyMap<string, number>): Promise<TrainingHook[]> => [
    ...(config.normaliser
      ? [await fanInNormaliser(network, { thresholds: config.normaliser === 'papers' ? thresholds : undefined })]
      : []),
    ...(config.penalty ? [await clusterabilityPenalty(network, config.penalty)] : []),
  ]
  const { pruning } = config
  const pruningHook = pruning && magnitudePruning(network, { schedule: polynomialDecay(withoutEpochs(pruning)) })
  const phase = async (name: Phase, from: Network, changes: Pick<FitOptions, 'epochs' | 'seed' | 'hooks'>) => {
    const result = await fit(from, dataset, {
      ...fitOptions(config),
      ...watch,
      dropout: dropoutByValue(network, config.dropout),
      ...changes,
      // Masks grow to the last step: an earlier epoch would be less sparse.
      ...(name === 'pruned' && { keep: 'last', stop: undefined }),
      checkpoint: checkpoints && { store: checkpoints, name },
      onEpoch: record => onEpoch?.(name, record),
      onProgress: watch.onProgress && (progress => watch.onProgress?.({ ...progress, stage: STAGES[name] })),
    })
    await onPhase?.(name, result)
    return result
  }
  const unpruned = await phase('unpruned', network, { epochs: config.epochs, seed, hooks: await shaping() })
  if (!pruning || !pruningHook) return { unpruned }
  const pruned = await phase('pruned', unpruned.network, {
    epochs: pruning.epochs,
    // Its own order of examples.
    seed: randomStream(seed, PRUNING_STREAM).bits() >>> 0,
    hooks: [...(await shaping(pruningHook.thresholds)), pruningHook],
  })
  const masks = Array.from(pruned.masks, ([name, mask]): [string, Tensor] => [
    name,
    tensor(mask, network.weights.get(name)!.shape),
  ])
  return { unpruned, pruned, masks: new Map(masks) }
}

const STAGES = { unpruned: 'training', pruned: 'pruning' }
const PRUNING_STREAM = 1

function withoutEpochs({ epochs: _, ...schedule }: NonNullable<TrainingConfig['pruning']>) {
  return schedule
}
