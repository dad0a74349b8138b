#!/usr/bin/env node
/** The command `lobes`: finds the verb, loads only that, and turns whatever happens into an exit code. */
import { UsageError } from '../errors.ts'
import { suggestion } from '../near-match.ts'
import { VERSION } from '../version.ts'
import { EXIT, reportError } from './exit.ts'
import { helpText, VERBS } from './help.ts'

/** From source people type `npm run lobes --`, from the package `lobes`. */
const PROGRAM = import.meta.url.endsWith('.ts') ? 'npm run lobes --' : 'lobes'

process.stdout.on('error', error => {
  // The reader of our pipe has left (`lobes … | head`): nothing more to do.
  if ('code' in error && error.code === 'EPIPE') process.exit(EXIT.ok)
  throw error
})

process.exitCode = await run(process.argv.slice(2)).catch(reportError)

async function run([verb, ...rest]: readonly string[]): Promise<number> {
  if (verb === undefined || verb === 'help' || verb === '--help' || verb === '-h') {
    process.stdout.write(`${helpText(PROGRAM)}\n`)
    return EXIT.ok
  }
  if (verb === '--version' || verb === 'version') {
    process.stdout.write(`${VERSION}\n`)
    return EXIT.ok
  }
  const names = VERBS.map(entry => entry.name)
  if (!names.includes(verb))
    throw new UsageError(
      'usage.verb',
      `There is no verb "${verb}".${suggestion(verb, names) || ` There are ${names.join(', ')}.`}`,
    )
  const { runVerb } = await import('./verbs.ts')
  return runVerb(verb, rest, PROGRAM)
}
