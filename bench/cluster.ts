/**
 * Whole clustering (eigenvectors, k-means, n-cut), one thread each, lobes against scikit-learn in turn:
 * `node bench/cluster.ts [--rounds 5]`. Prints medians and the ratio; the cold figure is lobes' first call in a fresh
 * process, compilation included.
 */
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { loadClusterer } from '../src/partition/cluster.ts'
import { chain, MLP, VGG } from './graphs.ts'
import { median, saveForPeer, startPeer } from './peer.ts'

const CASES = [
  { name: 'MLP dense, k = 4', sizes: MLP, density: 1, k: 4, restarts: 25, target: 25 },
  { name: 'MLP pruned 90 %, k = 4', sizes: MLP, density: 0.1, k: 4, restarts: 25, target: 25 },
  { name: 'MLP dense, k = 12', sizes: MLP, density: 1, k: 12, restarts: 25, target: 12 },
  { name: 'MLP pruned 90 %, k = 12', sizes: MLP, density: 0.1, k: 12, restarts: 25, target: 16 },
  { name: 'VGG chain, 4,224 units, k = 12', sizes: VGG, density: 1, k: 12, restarts: 100, target: 18 },
]

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, cold: { type: 'string' } } })
const clusterer = await loadClusterer()

if (values.cold) {
  const { sizes, density, k, restarts } = CASES[Number(values.cold)]
  const graph = chain(sizes, density, 1)
  const started = performance.now()
  ;(await loadClusterer())(graph, { k, restarts, seed: 0 })
  console.log(performance.now() - started)
} else {
  const peer = startPeer()
  console.log('| graph | lobes cold ms | lobes warm ms | scikit-learn ms | ratio | target |\n|---|---|---|---|---|---|')
  for (const [index, { name, sizes, density, k, restarts, target }] of CASES.entries()) {
    const graph = chain(sizes, density, 1)
    const file = saveForPeer(graph, 'graph')
    for (let warm = 0; warm < 20; warm++) clusterer(graph, { k, restarts, seed: warm })
    await peer.cluster({ graph: file, k, restarts, seeds: [0] })
    const ours: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < Number(values.rounds); round++) {
      for (let repeat = 0; repeat < 5; repeat++) {
        const started = performance.now()
        clusterer(graph, { k, restarts, seed: round * 5 + repeat })
        ours.push(performance.now() - started)
      }
      theirs.push(
        ...(await peer.cluster({ graph: file, k, restarts, seeds: [round] })).seconds.map(seconds => seconds * 1000),
      )
    }
    const cold = Number(
      execFileSync(process.execPath, [import.meta.filename, '--cold', String(index)], { encoding: 'utf8' }),
    )
    const ratio = median(theirs) / median(ours)
    console.log(
      `| ${name} | ${cold.toFixed(0)} | ${median(ours).toFixed(1)} | ${median(theirs).toFixed(0)} | ${ratio.toFixed(1)} | ${target} |`,
    )
  }
  peer.close()
}
