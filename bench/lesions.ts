/**
 * All single lesions of a network, every sub-module of its twelve modules beside 100 random unit sets each, against a plain
 * PyTorch loop that sets the units to 0 and runs all examples again. The weights, the examples (random numbers: speed does
 * not depend on them) and the lesions are the same; accuracy is measured against the intact network's answers, and both
 * sides must agree on it. PyTorch runs a sample of the lesions, evenly spaced, since all would take it too long.
 *
 * node bench/lesions.ts [--python python3] [--networks mlp,cnn] [--controls 100] [--threads 1] [--sample 40]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { unitGraph } from '../src/graph/walk.ts'
import { randomControl } from '../src/modules/controls.ts'
import { type Lesion, measureLesions } from '../src/modules/lesions/measure.ts'
import { overallAccuracy } from '../src/modules/lesions/outcome.ts'
import { subModules } from '../src/modules/sub-module.ts'
import { unitSites } from '../src/modules/unit-sites.ts'
import { mlp, smallCnn } from '../src/network/architectures.ts'
import { cluster } from '../src/partition/cluster.ts'
import { randomStream } from '../src/random.ts'
import { chooseRuntime } from '../src/runtime/choose.ts'

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    networks: { type: 'string', default: 'mlp,cnn' },
    controls: { type: 'string', default: '100' },
    threads: { type: 'string', default: '1' },
    sample: { type: 'string', default: '40' },
  },
})
const [controls, threads] = [Number(flags.controls), Number(flags.threads)]
const CASES = {
  mlp: { ...mlp([784, 256, 256, 256, 256, 10], { seed: 1 }), shape: [784], examples: 10_000 },
  cnn: { ...smallCnn({ seed: 1 }), shape: [1, 28, 28], examples: 1000 },
}
const folder = mkdtempSync(join(tmpdir(), 'lobes-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true }))

for (const name of flags.networks.split(',') as (keyof typeof CASES)[]) {
  const { network, layers, shape, examples } = CASES[name]
  const { graph } = await unitGraph(network)
  const { labels } = await cluster(graph, { k: 12, seed: 1 })
  const chosen = subModules(graph, labels).filter(({ layer }) => graph.layers[layer].role === 'hidden')
  const everyUnit = (layer: number) => Int32Array.from({ length: graph.layers[layer].size }, (_, unit) => unit)
  const lesions = chosen.flatMap((one): Lesion[] => [
    [one],
    ...Array.from(
      { length: controls },
      (_, index): Lesion => [{ layer: one.layer, units: randomControl(one, everyUnit(one.layer), index, 1) }],
    ),
  ])
  const random = randomStream(2)
  const inputs = Float32Array.from({ length: examples * shape.reduce((size, n) => size * n, 1) }, () =>
    random.uniform(),
  )
  const runtime = await chooseRuntime()
  const started = performance.now()
  const measured = await measureLesions(network, unitSites(network, graph), { inputs, shape }, lesions, {
    ...{ runtime, threads, loss: false, divergence: false },
  })
  const ours = (performance.now() - started) / lesions.length

  const step = Math.max(1, Math.floor(lesions.length / Number(flags.sample)))
  const sample = lesions.map((_, at) => at).filter(at => at % step === 0)
  const weighted = layers.flatMap((layer, at) => ('weight' in layer ? [{ ...layer, at }] : []))
  weighted.forEach(({ weight, bias }, at) => {
    writeFileSync(join(folder, `weight${at}`), weight.data as Float32Array)
    writeFileSync(join(folder, `bias${at}`), bias!.data as Float32Array)
  })
  writeFileSync(join(folder, 'inputs'), inputs)
  const request = {
    ...{ folder, shape, examples, threads },
    layers: layers.map(layer => ('weight' in layer ? { kind: layer.kind, shape: layer.weight.shape } : layer)),
    // Layer 0 of the graph is the input: lesions name the outputs of the layer before.
    lesions: sample.map(at => ({ layer: lesions[at][0].layer - 1, units: [...lesions[at][0].units] })),
  }
  const peer = spawnSync(flags.python, [join(import.meta.dirname, 'lesion_peer.py')], {
    ...{ encoding: 'utf8', input: JSON.stringify(request), maxBuffer: 2 ** 26 },
  })
  if (peer.status !== 0) throw new Error(`PyTorch could not be run: ${peer.stderr.trim().split('\n').at(-1)}`)
  const { milliseconds, accuracies } = JSON.parse(peer.stdout) as { milliseconds: number; accuracies: number[] }
  const differences = sample.map((at, i) => Math.abs(overallAccuracy(measured.lesioned[at]) - accuracies[i]))
  console.log(
    `${name}: ${chosen.length} sub-modules, ${lesions.length} lesions of ${examples} examples, ${threads} thread${threads > 1 ? 's' : ''}, ` +
      `${runtime.name}: ${ours.toFixed(2)} ms a lesion; PyTorch ${milliseconds.toFixed(2)} ms (${sample.length} of them), ` +
      `${(milliseconds / ours).toFixed(1)} times as long; accuracies differ by ${Math.max(...differences).toFixed(5)} at most`,
  )
}
