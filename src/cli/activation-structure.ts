/** The road of `--by activations`: examples or a file of activations, correlations, partition. */
import { prepareGraph } from '../graph/prepare.ts'
import { prepareActivationGraph } from '../graph/prepare-activations.ts'
import type { UnitLayer } from '../graph/unit-graph.ts'
import type { WatchOptions } from '../progress.ts'
import { correlationOf, readActivations, type TakenActivations, takeActivations } from './activation-flags.ts'
import { type Flags, text } from './flags.ts'
import { graphOptions } from './graph-flags.ts'
import { openFile } from './network-flags.ts'
import { type Structure, structureOfGraph } from './structure.ts'

/** A file of activations can be clustered without the network; then every array is a layer. */
export async function activationStructure(flags: Flags, seed: number, watch: WatchOptions): Promise<Structure> {
  const path = text(flags, 'activations')
  if (path !== undefined && text(flags, 'file') === undefined) {
    const taken = await readActivations(path, undefined, flags)
    const { fileSource } = await import('../formats/file-source.ts')
    const origin = { source: await fileSource(path), network: { source: { format: 'npz' }, notes: [] } }
    return structureOfActivations(origin, taken.layers, taken, flags, seed, watch)
  }
  const opened = await openFile(flags)
  const weights = await prepareGraph(opened.network, await graphOptions(flags))
  const taken =
    path === undefined
      ? await takeActivations(opened.network, weights.graph, flags, seed, watch)
      : await readActivations(path, weights.graph, flags)
  return { ...(await structureOfActivations(opened, weights.graph.layers, taken, flags, seed, watch)), weights }
}

async function structureOfActivations(
  origin: Pick<Structure, 'source' | 'network'>,
  layers: readonly UnitLayer[],
  taken: TakenActivations,
  flags: Flags,
  seed: number,
  watch: WatchOptions,
): Promise<Structure> {
  const bare = layers.map(({ name, size, role, kind }) => ({ name, size, role, kind }))
  const found = await prepareActivationGraph(bare, taken.layers, { correlation: correlationOf(flags) })
  const { parameters, notes } = taken
  const prepared = { ...found, notes, parameters: { by: 'activations', ...parameters, ...found.parameters } }
  return { ...(await structureOfGraph(origin, prepared, flags, seed, watch)), activations: taken.layers }
}
