/** What `lobes` says without arguments, and what verbs there are. Loads nothing, so that help is instant. */

export interface VerbEntry {
  readonly name: string
  /** A line of its own in the help; without it the verb stands among the rest. */
  readonly line?: { readonly usage: string; readonly does: string }
}

export const VERBS: readonly VerbEntry[] = [
  { name: 'inspect', line: { usage: 'inspect FILE', does: 'what is in the file, and what can be analysed' } },
  { name: 'cluster', line: { usage: 'cluster FILE --k 12', does: 'modules, n-cut, sizes per layer' } },
  { name: 'test', line: { usage: 'test FILE --k 12', does: 'are the modules real? exit code 3 if not' } },
  { name: 'analyze', line: { usage: 'analyze FILE --out DIR', does: 'all of it, as a report' } },
  { name: 'lesion', line: { usage: 'lesion FILE --data NAME', does: 'what each module does: take it out and see' } },
  { name: 'coherence' },
  { name: 'train', line: { usage: 'train mlp --prune', does: 'train a network, and prune it' } },
  { name: 'prune' },
  { name: 'compare' },
  { name: 'sculpt', line: { usage: "sculpt '[6,3,3,3]'", does: 'which sub-functions a task is made of' } },
  { name: 'export' },
  { name: 'data' },
  { name: 'demo', line: { usage: 'demo', does: 'the whole thing on a network trained here' } },
]

/** Fifteen lines, three examples that work as pasted. */
export function helpText(program: string): string {
  const verbs = VERBS.flatMap(({ line }) => (line ? [`  ${line.usage.padEnd(24)} ${line.does}`] : []))
  const rest = VERBS.filter(({ line }) => !line).map(({ name }) => name)
  return [
    'lobes finds the modules of a neural network and tests that they are real.',
    `usage: ${program} VERB [FILE] [--flags]; VERB --help for the flags. Try the last three lines, in order:`,
    ...verbs,
    `  and: ${rest.join(', ')}`,
    `  ${program} demo`,
    `  ${program} inspect lobes-demo/pruned.onnx --weights`,
    `  ${program} test lobes-demo/unpruned.onnx --k 10`,
  ].join('\n')
}
