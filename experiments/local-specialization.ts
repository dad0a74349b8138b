/**
 * Do modules matter? Lesions of the sub-modules of perceptrons (784-256×4-10, before and after pruning to 90 %) in the four
 * partitionings of arXiv 2110.08058, against 20 random unit sets of the same layer and size each; published values of
 * 2020 beside those that exist (weights, whole network, k = 12, pruned).
 *
 * LOBES_DATA=FOLDER node experiments/local-specialization.ts [--tasks mnist,fashion] [--phases unpruned,pruned]
 *   [--graphs weights,activations] [--scopes global,local] [--k 8,12,16] [--protocol paper-2020] [--controls N]
 *   [--seeds 5] [--threads 1] [--cache FOLDER] [--json FILE] [--quick]
 *
 * `--quick` takes embedded digits, two small trainings and k = 8: a minute, and no data needed. Networks and lesions are
 * cached: a run that was stopped goes on.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dataStore } from '../src/data/store.ts'
import type { ProtocolName } from '../src/modules/lesions/protocols.ts'
import { loadTask } from '../src/tasks/load.ts'
import { presetConfig } from '../src/training/presets.ts'
import { type Cell, type CellSettings, GRAPHS, measuredCell, SCOPES } from './local-specialization-cell.ts'
import { PUBLISHED } from './local-specialization-published.ts'
import { corrected, type Row, rowOf } from './local-specialization-rows.ts'
import { trainedNetwork } from './trained-networks.ts'

const { values: flags } = parseArgs({
  options: {
    tasks: { type: 'string' },
    phases: { type: 'string', default: 'pruned,unpruned' },
    graphs: { type: 'string', default: GRAPHS.join() },
    scopes: { type: 'string', default: SCOPES.join() },
    k: { type: 'string' },
    protocol: { type: 'string', default: 'paper-2020' },
    controls: { type: 'string' },
    seeds: { type: 'string' },
    threads: { type: 'string', default: '1' },
    cache: { type: 'string', default: 'lobes-experiments' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})
const { quick } = flags
const tasks = (flags.tasks ?? (quick ? 'digits' : 'mnist,fashion')).split(',')
const ks = (flags.k ?? (quick ? '8' : '12,8,16')).split(',').map(Number)
const seeds = Number(flags.seeds ?? (quick ? 2 : 5))
const phases = flags.phases.split(',')

const rows: Row[] = []
for (const task of tasks) {
  const dataset = await loadTask(task, { store: dataStore() })
  const folders: string[] = []
  for (let seed = 0; seed < seeds; seed++) folders.push(await trained(task, seed))
  for (const phase of phases)
    for (const settings of allSettings()) {
      const cells: Cell[] = []
      for (const folder of folders) {
        cells.push(await measuredCell(join(folder, `${phase}.onnx`), dataset, settings))
        process.stderr.write(`${task} ${phase}, ${settings.graph} ${settings.scope} k ${settings.k}: ${cells.length}\n`)
      }
      rows.push(rowOf(`${task} ${phase}`, settings, cells))
      if (phase === 'pruned' && isPublished(settings)) printNetworks(task, settings, cells)
    }
}
printTable()
if (flags.json) await writeFile(flags.json, `${JSON.stringify(rows)}\n`)

async function trained(task: string, seed: number): Promise<string> {
  const preset = { ...presetConfig('mlp', ['pruning']), task }
  const config = quick ? { ...preset, epochs: 15, pruning: { epochs: 15 } } : preset
  const { folder } = await trainedNetwork(config as Parameters<typeof trainedNetwork>[0], seed, {
    cache: flags.cache,
    threads: Number(flags.threads),
    onProgress: text => process.stderr.write(`${task}, ${text}\n`),
  })
  return folder
}

function allSettings(): CellSettings[] {
  const controls = flags.controls === undefined ? undefined : Number(flags.controls)
  const protocol = flags.protocol as ProtocolName
  return flags.graphs.split(',').flatMap(graph =>
    flags.scopes.split(',').flatMap(scope =>
      ks.map(k => ({
        ...{ graph: graph as CellSettings['graph'], scope: scope as CellSettings['scope'], k, protocol, controls },
      })),
    ),
  )
}

function isPublished({ graph, scope, k, protocol }: CellSettings): boolean {
  return graph === 'weights' && scope === 'global' && protocol === 'paper-2020' && (k === 12 || quick)
}

/** Each network for itself, beside the published five. */
function printNetworks(task: string, { k }: CellSettings, cells: readonly Cell[]): void {
  console.log(`\n${task} pruned, weights, whole network, k = ${k}\n`)
  const head = [
    'network',
    'accuracy',
    'sub-modules',
    'importance p',
    'mid-p',
    'ties counted',
    'effect',
    'range p',
    'mid-p',
  ]
  console.log(line(head))
  console.log(line(head.map(() => '---')))
  cells.forEach(({ accuracy, subModules, pooled: { macro, range, macroEffect } }, seed) => {
    const importance = [macro!.strict, macro!.mid, macro!.conservative].map(one => p(one?.fisher))
    const effect = macroEffect?.mean.toFixed(3) ?? '–'
    const ranges = [range!.strict, range!.mid].map(one => p(one?.fisher))
    console.log(line([`seed ${seed}`, accuracy.toFixed(4), `${subModules.length}`, ...importance, effect, ...ranges]))
  })
  for (const { importance, effect, range } of PUBLISHED[task] ?? [])
    console.log(line(['published', '', '', p(importance), '', '', effect.toFixed(3), p(range), '']))
}

function printTable(): void {
  console.log(
    `\nAll settings, ${seeds} networks each, ${flags.protocol}; p: Irwin–Hall across networks; q: Benjamini–Hochberg over ${2 * rows.length} p-values\n`,
  )
  const head = ['network', 'by', 'scope', 'k', 'sub-modules']
  const measures = ['p as published', 'mid-p', 'q', 'F', 'effect']
  console.log(line([...head, ...measures.map(name => `importance ${name}`), ...measures.map(name => `range ${name}`)]))
  console.log(line([...head, ...measures, ...measures].map(() => '---')))
  const qs = corrected(rows)
  rows.forEach((row, at) => {
    const cells = (['macro', 'range'] as const).flatMap(measure => {
      const { strictP, midP, statistic, effect } = row[measure]
      const size = effect ? `${effect.mean.toFixed(3)} ± ${effect.error?.toFixed(3) ?? '–'}` : '–'
      return [p(strictP), p(midP), p(qs[at][measure]), statistic.toFixed(2), size]
    })
    console.log(line([row.network, row.graph, row.scope, `${row.k}`, `${row.subModules}`, ...cells]))
  })
}

function p(value: number | undefined): string {
  if (value === undefined) return '–'
  return value < 1e-3 ? value.toExponential(1) : value.toFixed(3)
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
