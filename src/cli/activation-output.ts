/** Writes activations, where `--activations-out` asks for them. */
import { writeFile } from 'node:fs/promises'
import { ResourceError, UsageError } from '../errors.ts'
import type { ActivationLayer } from '../graph/correlation.ts'
import { byActivations } from './activation-flags.ts'
import { type Flags, text } from './flags.ts'

/** The path asked for. Throws a UsageError where it is no `.npz`, or there will be no activations. */
export function activationTarget(flags: Flags): string | undefined {
  const path = text(flags, 'activations-out')
  if (path === undefined) return undefined
  if (!byActivations(flags))
    throw new UsageError('usage.flag', '--activations-out is about activations: add --by activations --data NAME.')
  if (!/\.npz$/i.test(path))
    throw new UsageError('usage.out', `--activations-out cannot be "${path}": the file must end in .npz.`)
  return path
}

export async function writeActivations(path: string, layers: readonly ActivationLayer[]): Promise<void> {
  const { activationsToNpz } = await import('../modules/activation-file.ts')
  await writeFile(path, activationsToNpz(layers)).catch(error => {
    throw new ResourceError('resource.write', `${path} cannot be written (${error.code}); choose another.`, {
      cause: error,
    })
  })
}
