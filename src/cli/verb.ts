/** What every verb is: flags, a line of help, and the work. */
import type { ArgsDef } from 'citty'
import type { Flags } from './flags.ts'
import type { Terminal } from './terminal.ts'
import type { Watch } from './watch.ts'

export interface Verb {
  readonly description: string
  readonly args: ArgsDef
  /** Whether any number of files may follow; they are in `flags._`. */
  readonly takesMany?: boolean
  /** Does the work and gives the exit code. */
  run(flags: Flags, terminal: Terminal, watch: Watch): Promise<number>
}
