/** The verbs: citty parses their flags; each is loaded only when it is called. */
import { stripVTControlCharacters } from 'node:util'
import { defineCommand, renderUsage, runCommand } from 'citty'
import { checkFlags } from './flags.ts'
import { terminal } from './terminal.ts'
import type { Verb } from './verb.ts'
import { watch } from './watch.ts'

const LOADERS: Readonly<Record<string, () => Promise<Verb>>> = {
  inspect: async () => (await import('./inspect.ts')).inspect,
  cluster: async () => (await import('./cluster.ts')).cluster,
  test: async () => (await import('./test.ts')).test,
  analyze: async () => (await import('./analyze.ts')).analyze,
  compare: async () => (await import('./compare.ts')).compare,
  lesion: async () => (await import('./lesion.ts')).lesion,
  coherence: async () => (await import('./coherence.ts')).coherence,
  train: async () => (await import('./train.ts')).train,
  prune: async () => (await import('./prune.ts')).prune,
  sculpt: async () => (await import('./sculpt.ts')).sculpt,
  export: async () => (await import('./export.ts')).exportNetwork,
  data: async () => (await import('./data.ts')).data,
  demo: async () => (await import('./demo.ts')).demo,
}

export async function runVerb(name: string, raw: readonly string[], program: string): Promise<number> {
  const verb = await LOADERS[name]()
  let code = 0
  const command = defineCommand({
    meta: { name: `${program} ${name}`, description: verb.description },
    args: verb.args,
    async run({ args }) {
      const watching = watch(args.quiet === true)
      try {
        code = await verb.run(args, terminal(args), watching)
      } finally {
        watching.end()
      }
    },
  })
  if (raw.includes('--help') || raw.includes('-h')) {
    process.stdout.write(`${stripVTControlCharacters(await renderUsage(command))}\n`)
    return 0
  }
  checkFlags(raw, verb.args, verb.takesMany)
  await runCommand(command, { rawArgs: [...raw] })
  return code
}
