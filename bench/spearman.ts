/**
 * The activation graph against SciPy's `spearmanr` on the same numbers in the same run: squared Spearman correlations of
 * 4,224 units (the channels of VGG-16) over 5,000 examples, with ties as ReLU makes them. Ours runs on one thread.
 *
 * node bench/spearman.ts [--python python3] [--units 4224] [--examples 5000]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { activationGraph } from '../src/graph/correlation.ts'
import type { DenseEdges } from '../src/graph/unit-graph.ts'
import { cluster } from '../src/partition/cluster.ts'
import { randomStream } from '../src/random.ts'

const PEER = `
import sys, time, numpy as np
from scipy.stats import spearmanr
values = np.fromfile(sys.argv[1], np.float32).reshape(int(sys.argv[3]), -1)
started = time.perf_counter()
r = spearmanr(values.T)[0]
seconds = time.perf_counter() - started
ours = np.fromfile(sys.argv[2], np.float32).reshape(len(values), -1)
print(seconds, np.abs(np.tril(r ** 2, -1) - ours).max())
`

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    units: { type: 'string', default: '4224' },
    examples: { type: 'string', default: '5000' },
  },
})
const [units, examples] = [Number(flags.units), Number(flags.examples)]
const random = randomStream(1)
const causes = Array.from({ length: 16 }, () => Float32Array.from({ length: examples }, () => random.uniform()))
const values = new Float32Array(units * examples)
for (let unit = 0; unit < units; unit++)
  for (let i = 0; i < examples; i++)
    values[unit * examples + i] = Math.max(0, causes[unit % 16][i] - 0.3 + 0.5 * random.uniform())

const started = performance.now()
const { graph } = await activationGraph([{ name: 'units', size: units, role: 'hidden', kind: 'channel', values }])
const seconds = (performance.now() - started) / 1000
console.log(`lobes: ${seconds.toFixed(1)} s, ${peak()} MB at most, the activations among them`)
const before = performance.now()
const { ncut } = await cluster(graph, { k: 12, seed: 1 })
console.log(
  `clustering it, k = 12: ${((performance.now() - before) / 1000).toFixed(1)} s, n-cut ${ncut.toFixed(3)}, ${peak()} MB at most`,
)

function peak(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024)
}

const folder = mkdtempSync(join(tmpdir(), 'lobes-bench-'))
const [input, output] = [join(folder, 'values'), join(folder, 'squares')]
writeFileSync(input, values)
writeFileSync(output, (graph.blocks[0].edges as DenseEdges).values)
const peer = spawnSync(flags.python, ['-c', PEER, input, output, flags.units], { encoding: 'utf8' })
rmSync(folder, { recursive: true })
if (peer.status === 0) {
  const [theirs, difference] = peer.stdout.trim().split(' ').map(Number)
  console.log(
    `SciPy: ${theirs.toFixed(1)} s, ${(theirs / seconds).toFixed(2)} times as long; largest difference ${difference.toExponential(1)}`,
  )
} else console.log(`SciPy could not be run: ${peer.stderr.trim().split('\n').at(-1)}`)
