/** What `lobes` says without arguments, and what verbs there are. Loads nothing, so that help is instant. */

export interface VerbEntry {
  readonly name: string
  readonly usage: string
  readonly does: string
}

export const VERBS: readonly VerbEntry[] = [
  { name: 'inspect', usage: 'inspect FILE', does: 'what is in the file, and what can be analysed' },
  { name: 'cluster', usage: 'cluster FILE --k 12', does: 'modules, n-cut, sizes per layer' },
  { name: 'test', usage: 'test FILE --k 12', does: 'are the modules real? exit code 3 if not' },
  { name: 'analyze', usage: 'analyze FILE --out DIR', does: 'all of it, as a report' },
  { name: 'lesion', usage: 'lesion FILE --data NAME', does: 'what each module does: take it out and see' },
  { name: 'train', usage: 'train mlp --prune', does: 'train a network, and prune it' },
  { name: 'prune', usage: 'prune FILE --sparsity .9', does: 'set the smallest weights to zero' },
  { name: 'sculpt', usage: "sculpt '[6,3,3,3]'", does: 'which sub-functions a task is made of' },
  { name: 'data', usage: 'data NAME --out x.npz', does: 'a data set or a task, as npz' },
  { name: 'demo', usage: 'demo', does: 'the whole thing on a network trained here' },
]

/** Fifteen lines, three examples that work as pasted. */
export function helpText(program: string): string {
  const verbs = VERBS.map(verb => `  ${verb.usage.padEnd(24)} ${verb.does}`)
  return [
    'lobes finds the modules of a neural network and tests that they are real.',
    `usage: ${program} VERB [FILE] [--flags]; VERB --help for the flags. Try the last three lines, in order:`,
    ...verbs,
    `  ${program} demo`,
    `  ${program} inspect lobes-demo/pruned.onnx --weights`,
    `  ${program} test lobes-demo/unpruned.onnx --k 10`,
  ].join('\n')
}
