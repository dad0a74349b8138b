/** Exit codes, and how errors are told. */
import { LobesError, UsageError } from '../errors.ts'

export const EXIT = { ok: 0, failed: 1, usage: 2, negative: 3, interrupted: 130 } as const

/** Prints `error: …` (the stack only with LOBES_DEBUG=1) and gives the exit code. */
export function reportError(error: unknown): number {
  const known = error instanceof LobesError
  if (known && error.code === 'interrupted') {
    process.stderr.write('interrupted\n')
    return EXIT.interrupted
  }
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`error: ${message}\n`)
  if (process.env.LOBES_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  else if (!known)
    process.stderr.write(
      'This looks like a defect in lobes. Run it again with LOBES_DEBUG=1 and report what it prints.\n',
    )
  return error instanceof UsageError ? EXIT.usage : EXIT.failed
}
