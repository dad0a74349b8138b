/** `lobes train` and `lobes prune` as people run them: what is written, what is refused, Ctrl-C and --resume. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { datasetToNpz } from '../../src/data/npz-dataset.ts'
import { loadTask } from '../../src/tasks/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'lobes-train-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lobes = (...args: string[]) => spawnSync(process.execPath, ['src/cli/main.ts', ...args], { encoding: 'utf8' })
const settings = { network: { kind: 'mlp', hidden: [12] }, batch: 50, rate: 0.01, pruning: { epochs: 2 } }

const data = await loadTask('small_digits', { train: 300, test: 100 })
writeFileSync(join(folder, 'own.npz'), datasetToNpz(data))
const config = join(folder, 'own.json')
writeFileSync(config, JSON.stringify({ ...settings, task: 'own.npz', epochs: 3 }))

describe('lobes train', () => {
  const out = join(folder, 'run')
  const run = lobes('train', config, '--seed', '5', '--out', out, '--threads', '1', '--json')

  it('writes networks, masks, metrics and the result, and says which runtime ran', () => {
    expect(run.status).toBe(0)
    const [result] = JSON.parse(run.stdout).runs
    expect(result).toMatchObject({ seed: 5, folder: out, runtime: { threads: 1 }, unpruned: { epochs: 3 } })
    expect(result.pruned.sparsity).toBeCloseTo(0.9, 2)
    expect(result.unpruned.metrics.accuracy).toBeGreaterThan(0.15)
    expect(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'))).toEqual(result)
    expect(readdirSync(out).sort()).toEqual([
      ...['config.json', 'masks.npz', 'metrics.jsonl', 'pruned.onnx', 'result.json', 'unpruned.onnx'],
    ])
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line).phase)).toEqual(['unpruned', 'unpruned', 'unpruned', 'pruned', 'pruned'])
  })

  it('stopped by Ctrl-C keeps the checkpoint; --resume ends with the same bytes', async () => {
    const long = join(folder, 'long.json')
    writeFileSync(long, JSON.stringify({ ...settings, task: 'own.npz', epochs: 200, deadUnits: false }))
    const [stopped, straight] = [join(folder, 'stopped'), join(folder, 'straight')]
    const flags = ['train', long, '--seed', '5', '--threads', '1', '--json']
    const child = spawn(process.execPath, ['src/cli/main.ts', ...flags, '--out', stopped])
    const ended = new Promise<number | null>(resolve => child.on('exit', resolve))
    const seen = setInterval(() => {
      if (!existsSync(join(stopped, 'unpruned.ckpt.npz'))) return
      clearInterval(seen)
      child.kill('SIGINT')
    }, 10)
    expect(await ended).toBe(130)
    expect(existsSync(join(stopped, 'unpruned.ckpt.npz'))).toBe(true)
    const again = lobes(...flags, '--out', stopped)
    expect(again.stderr).toContain('holds an unfinished run: go on with --resume')
    expect(again.status).toBe(2)
    expect(lobes(...flags, '--out', stopped, '--resume').status).toBe(0)
    lobes(...flags, '--out', straight)
    for (const file of ['unpruned.onnx', 'pruned.onnx', 'metrics.jsonl'])
      expect(readFileSync(join(stopped, file)).equals(readFileSync(join(straight, file)))).toBe(true)
  })

  it('trains a module’s configuration and continues from a file, several times', () => {
    const module = join(folder, 'further.ts')
    writeFileSync(
      module,
      `export default { task: 'own.npz', epochs: 1, network: { kind: 'file', path: 'run/pruned.onnx' } }`,
    )
    const target = join(folder, 'further')
    const { stdout, status } = lobes('train', module, '--seed', '1', '--seeds', '2', '--out', target, '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout).runs.map((one: { folder: string }) => one.folder)).toEqual(
      ['seed-1', 'seed-2'].map(name => join(target, name)),
    )
  })

  it.each([
    [['mpl'], 'There is no preset "mpl". Did you mean mlp?'],
    [['mlp', '--with', 'droput'], '"with" is one of'],
    [['mlp', '--task', 'digts'], 'There is no task "digts". Did you mean digits'],
    [['mlp', '--penalty', 'much'], '--penalty must be a number of at least 0, not "much"'],
    [['mlp', '--pruning-epochs', '3'], '--pruning-epochs needs a pruning phase: add --prune.'],
    [['nowhere.json'], 'nowhere.json cannot be read (ENOENT)'],
    [['cnn', '--task', 'poly'], '"network.kind" is cnn, which needs images'],
    [['small-mlp', '--task', 'poly', '--with', 'penalty', '--resume'], '--resume needs the --seed of the run'],
  ])('%j ends with code 2 before anything is trained', (args, message) => {
    const { status, stderr } = lobes('train', ...args, '--out', join(folder, 'refused'))
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  })
})

describe('lobes prune', () => {
  it.each([[[]], [['--global']]])('with %j writes a network and masks with as many zeros as asked for', flags => {
    const out = join(folder, 'once.onnx')
    const file = join(folder, 'run', 'unpruned.onnx')
    const { stdout, status } = lobes('prune', file, '--sparsity', '0.75', '--out', out, ...flags, '--json')
    expect(status).toBe(0)
    const { tensors, masks } = JSON.parse(stdout)
    const sum = (key: string) => tensors.reduce((total: number, one: Record<string, number>) => total + one[key], 0)
    expect(sum('kept')).toBe(Math.round(sum('weights') * 0.25))
    expect(masks).toBe(join(folder, 'once-masks.npz'))
    expect(lobes('cluster', out, '--k', '2', '--mask', masks).status).toBe(0)
  })
})
