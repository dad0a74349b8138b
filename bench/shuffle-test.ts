/**
 * The whole test against 100 networks of the `layer` null: lobes with two threads, scikit-learn with two processes of
 * one thread each: `node bench/shuffle-test.ts [--shuffles 100]`. Workers are started and warm on both sides.
 */
import { parseArgs } from 'node:util'
import { threadExecutor } from '../src/jobs/threads.ts'
import { testModularity } from '../src/significance/test.ts'
import { chain, MLP } from './graphs.ts'
import { saveForPeer, startPeer } from './peer.ts'

const { values } = parseArgs({ options: { shuffles: { type: 'string', default: '100' } } })
const shuffles = Number(values.shuffles)
const executor = threadExecutor(2)
const peers = [startPeer(), startPeer()]
console.log('| graph | lobes s | scikit-learn s | ratio | target |\n|---|---|---|---|---|')
for (const density of [1, 0.1]) {
  for (const k of [4, 12]) {
    const graph = chain(MLP, density, 1)
    const file = saveForPeer(graph, 'graph')
    const ours = (count: number) =>
      testModularity(graph, { k, seed: 0, shuffles: count, nulls: ['layer'], deciding: ['layer'], executor })
    const theirs = (count: number) =>
      Promise.all(
        peers.map((peer, p) => {
          const seeds = Array.from({ length: count / 2 }, (_, i) => 2 * i + p)
          return peer.cluster({ graph: file, k, restarts: 25, seeds, shuffle: true })
        }),
      )
    await ours(40)
    await theirs(2)
    let started = performance.now()
    await ours(shuffles)
    const own = (performance.now() - started) / 1000
    started = performance.now()
    await theirs(shuffles)
    const other = (performance.now() - started) / 1000
    const name = `MLP ${density === 1 ? 'dense' : 'pruned 90 %'}, k = ${k}`
    console.log(`| ${name} | ${own.toFixed(2)} | ${other.toFixed(1)} | ${(other / own).toFixed(1)} | 12 |`)
  }
}
for (const peer of peers) peer.close()
await executor.close()
