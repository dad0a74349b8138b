/**
 * Are the cuts as good as scikit-learn's? Mean n-cut over 20 graphs (784-256×4-10, dense and pruned), k = 2, 4 and 12,
 * same embedding and number of restarts: `node bench/quality.ts [--graphs 20]`. Fails above +0.2 %.
 */
import { parseArgs } from 'node:util'
import { loadClusterer } from '../src/partition/cluster.ts'
import { chain, MLP } from './graphs.ts'
import { saveForPeer, startPeer } from './peer.ts'

const { values } = parseArgs({ options: { graphs: { type: 'string', default: '20' } } })
const clusterer = await loadClusterer()
const peer = startPeer()
console.log('| graphs | k | lobes mean n-cut | scikit-learn | difference |\n|---|---|---|---|---|')
for (const density of [1, 0.1]) {
  const graphs = Array.from({ length: Number(values.graphs) }, (_, seed) => chain(MLP, density, 100 + seed))
  const files = graphs.map(graph => saveForPeer(graph, 'graph'))
  for (const k of [2, 4, 12]) {
    let ours = 0
    let theirs = 0
    for (const [i, graph] of graphs.entries()) {
      ours += clusterer(graph, { k, restarts: 25, seed: i }).ncut / graphs.length
      theirs += (await peer.cluster({ graph: files[i], k, restarts: 25, seeds: [i] })).ncuts[0] / graphs.length
    }
    const difference = ours / theirs - 1
    if (difference > 0.002) process.exitCode = 1
    const kind = density === 1 ? 'dense' : 'pruned'
    console.log(`| ${kind} | ${k} | ${ours.toFixed(5)} | ${theirs.toFixed(5)} | ${(100 * difference).toFixed(3)} % |`)
  }
}
peer.close()
