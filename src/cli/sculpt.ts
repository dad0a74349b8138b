/** `lobes sculpt`: which sub-functions a task is made of; `--detect` reads networks that are pruned already. */
import { UsageError } from '../errors.ts'
import { TEST_FLAGS } from './cluster-flags.ts'
import { text } from './flags.ts'
import { OUTPUT_FLAGS } from './network-flags.ts'
import { DETECTION_FLAGS, detectionOptions, PRUNING_FLAGS } from './sculpt-flags.ts'
import type { Verb } from './verb.ts'

export const sculpt: Verb = {
  description: 'Train and prune networks on a task, and read its sub-functions off what is left.',
  args: {
    target: {
      type: 'positional',
      description: 'a task: a name such as "[4,2,4]", a function graph, a truth table; or a network, with --data',
      required: false,
    },
    data: {
      type: 'string',
      valueHint: 'NAME|FILE.npz',
      description: 'what a network is trained on while it is pruned',
    },
    seeds: { type: 'string', valueHint: 'N', description: 'networks, from consecutive seeds (default 12)' },
    seed: { type: 'string', valueHint: 'N', description: 'the first seed (default: drawn, and shown)' },
    out: { type: 'string', valueHint: 'DIR', description: 'write the report, the result and the networks' },
    ...PRUNING_FLAGS,
    ...DETECTION_FLAGS,
    detect: {
      type: 'string',
      valueHint: 'FILE.jsonl',
      description: 'instead: pruned networks, one a line; - for standard input',
    },
    task: {
      type: 'string',
      valueHint: 'NAME|FILE',
      description: 'with --detect, the task of all networks; default: as each line tells',
    },
    jsonl: {
      type: 'boolean',
      description: 'with --detect: a JSON document for each network, a line each, as it is done',
    },
    threads: TEST_FLAGS.threads,
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    const [file, target] = [text(flags, 'detect'), text(flags, 'target')]
    if (file !== undefined && target !== undefined)
      throw new UsageError('usage.sculpt', `Give a task to sculpt, or --detect with pruned networks, not both.`)
    if (file !== undefined) {
      const { detectLines } = await import('./sculpt-detect.ts')
      return detectLines(file, flags, detectionOptions(flags), terminal, watch.signal)
    }
    if (target === undefined)
      throw new UsageError(
        'usage.sculpt',
        'What is to be sculpted? Give a task, e.g. lobes sculpt "[4,2,4]", or pruned networks with --detect FILE.jsonl.',
      )
    const data = text(flags, 'data')
    if (data !== undefined) return (await import('./sculpt-network.ts')).sculptOwn(target, data, flags, terminal, watch)
    if (/\.(onnx|safetensors|npz|npy)$/i.test(target))
      throw new UsageError(
        'usage.sculpt',
        `${target} looks like a network; give what it is to be trained on with --data.`,
      )
    return (await import('./sculpt-table.ts')).sculptTable(target, flags, terminal, watch)
  },
}
