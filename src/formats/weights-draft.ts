/** The errors about files with weights alone: what cannot be told, and the `layers.json` that would tell it. */
import { UnsupportedError } from '../errors.ts'
import type { LayerEntry } from './weights-layers.ts'

const MOST_LINES = 400

/** A `layers.json`, one layer a line. Drafts of large networks are cut. */
export function draftOf(entries: readonly LayerEntry[]): string {
  const lines = entries.slice(0, MOST_LINES).map(entry => `  ${JSON.stringify(entry)}`)
  const rest = entries.length - lines.length
  return `[\n${lines.join(',\n')}\n]${rest > 0 ? `\n(and ${rest} more layers in the same way)` : ''}`
}

/**
 * @param problem what cannot be told, as a sentence that names the tensor.
 * @param remedy what the user can do besides writing the file, as a sentence. May be empty.
 */
export function undecided(
  code: string,
  problem: string,
  remedy: string,
  entries: readonly LayerEntry[],
): UnsupportedError {
  return new UnsupportedError(
    code,
    `${problem}${remedy && ` ${remedy}`} Or describe the chain: save what follows as layers.json beside the file, correct it ` +
      `where it is wrong, and add "activation": "relu" and the like where you know them.\n${draftOf(entries)}`,
  )
}
