/** A training that can be run in a process of its own and killed there: `node killable-run.ts FOLDER`. */
import { mlp } from '../../src/network/architectures.ts'
import { fileStore } from '../../src/training/checkpoint-file.ts'
import { fit } from '../../src/training/fit.ts'
import { blobs, weightBits } from './blobs.ts'

/** The bits of the trained weights; with checkpoints in a folder, or none. */
export async function killableRun(folder: string | undefined, onEpoch?: (epoch: number) => void): Promise<string> {
  const { network } = mlp([6, 32, 32, 3], { seed: 1 })
  const trained = await fit(network, blobs(200), {
    ...{ seed: 2, epochs: 120, batch: 8, dropout: 0.2 },
    ...(folder && { checkpoint: { store: fileStore(folder), name: 'killed', every: 20 } }),
    onEpoch: ({ epoch }) => onEpoch?.(epoch),
  })
  return weightBits(trained.network)
}

if (process.argv[1] === import.meta.filename) await killableRun(process.argv[2], epoch => console.log(epoch))
