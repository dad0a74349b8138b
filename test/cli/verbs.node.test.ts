/** Each verb that reads a network, on one with planted modules: what is printed, written and returned. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeOnnx } from '../../src/formats/onnx-write.ts'
import { mlp } from '../../src/network/architectures.ts'
import { randomStream } from '../../src/random.ts'
import { writeNpz } from '../../src/tensor/npz.ts'
import { tensor } from '../../src/tensor/tensor.ts'

const folder = mkdtempSync(join(tmpdir(), 'lobes-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const network = join(folder, 'network.onnx')

function lobes(...args: string[]) {
  return spawnSync(process.execPath, ['src/cli/main.ts', ...args], { encoding: 'utf8' })
}

/** A network with planted modules: inputs, three hidden layers, outputs. */
const planted = mlp([100, 200, 200, 200, 10], { seed: 1, planting: { modules: 10 } })
writeFileSync(network, await encodeOnnx(planted.network))

describe('lobes inspect', () => {
  it('tells operators and parameters, and draws histograms of the weights', () => {
    const { status, stdout } = lobes('inspect', network, '--weights')
    expect(status).toBe(0)
    expect(stdout).toContain('102,610 parameters')
    expect(stdout).toMatch(/dense2\.weight +200 × 200 .*█/)
  })

  it('as one JSON document', () => {
    const { operators, graph, parameters } = JSON.parse(lobes('inspect', network, '--json').stdout)
    expect(operators.find((one: { type: string }) => one.type === 'Gemm').count).toBe(4)
    expect(parameters).toBe(102_610)
    expect(graph.layers.map((layer: { size: number }) => layer.size)).toEqual([100, 200, 200, 200, 10])
  })
})

describe('lobes cluster', () => {
  it('gives one JSON document with ncut, labels and hash, the same each time', () => {
    const graph = join(folder, 'graph.csv')
    const run = lobes('cluster', network, '--k', '10', '--seed', '1', '--json', '--graph', graph)
    const result = JSON.parse(run.stdout)
    expect(result).toMatchObject({ k: 10, seed: 1, parameters: { norm: 'l1', canonical: 'balance', isolated: 'path' } })
    expect(result.labels).toHaveLength(710)
    expect(result.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(JSON.parse(lobes('cluster', network, '--k=10', '--seed=1', '--json').stdout).hash).toBe(result.hash)
    expect(statSync(graph).size).toBeGreaterThan(1_000_000)
  })

  it('shows the seed it has drawn', () => {
    const { stdout } = lobes('cluster', network, '--k', '2')
    const seed = stdout.match(/^seed (\d+)$/m)?.[1] as string
    const repeated = lobes('cluster', network, '--k', '2', '--seed', seed).stdout
    expect(repeated).toBe(stdout)
  })

  it('writes no colours where nobody sees them', () => {
    expect(lobes('cluster', network, '--k', '2').stdout).not.toContain('\x1b')
  })

  it.each([
    [['--k', '5000'], 2, /5000/],
    [['--k', 'many'], 2, /--k must be a whole number of at least 1 or "auto", not "many"/],
    [['--norm', 'l3'], 2, /--norm cannot be "l3". Did you mean l1 or l2\?/],
    [['--units', 'nobody'], 2, /no layer "nobody".*dense1/],
    [['--graph', 'graph.txt'], 2, /must end in \.npz, \.csv or \.graphml/],
  ])('refuses %j', (flags, code, message) => {
    const { status, stderr } = lobes('cluster', network, ...flags)
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^error: /)
    expect(status).toBe(code)
  })
})

describe('by activations', () => {
  const acts = join(folder, 'acts.npz')
  const data = join(folder, 'data.npz')
  const random = randomStream(2)
  const noise = (count: number) => Float32Array.from({ length: count * 100 }, () => random.uniform())
  const labels = (count: number) =>
    tensor(
      Int32Array.from({ length: count }, (_, i) => i % 10),
      [count],
    )
  const split = (count: number) => tensor(noise(count), [count, 100])
  writeFileSync(data, writeNpz({ x_train: split(10), y_train: labels(10), x_test: split(80), y_test: labels(80) }))
  const flags = ['--k', '5', '--seed', '1']

  it('clusters a network, compares with its weights, and writes what it saw; the file alone gives the same modules', () => {
    const from = ['--by', 'activations', '--data', data, '--activations-out', acts]
    const { stdout } = lobes('cluster', network, ...flags, ...from)
    expect(stdout).toMatch(/Beside the weights' own modules\nNMI \S+ \(shuffled labels/)
    const [own, read, alone] = [
      [network, '--by', 'activations', '--data', data],
      [network, '--activations', acts],
      ['--activations', acts],
    ].map(source => JSON.parse(lobes('cluster', ...source, ...flags, '--json').stdout))
    expect(own.parameters).toMatchObject({ by: 'activations', examples: 80, correlation: 'spearman', at: 'after' })
    expect(own.labels).toHaveLength(710)
    expect(own.withWeights.agreement.count).toBe(own.labels.filter((label: number) => label >= 0).length)
    expect(read.labels).toEqual(own.labels)
    expect(alone.labels).toEqual(own.labels.slice(100, 700))
    expect(alone.withWeights).toBeUndefined()
  })

  it('tests against permuted edges', () => {
    const { stdout } = lobes('test', '--activations', acts, ...flags, '--shuffles', '19', '--json', '--threads', '1')
    const { verdict } = JSON.parse(stdout)
    expect(verdict.deciding).toEqual(['edges'])
    expect(verdict.modular).toBe(true)
  })

  it.each([
    [[network, '--by', 'activations'], /Which examples\?/],
    [[network, '--data', data], /--data is about activations: add --by activations/],
    [[network, '--activations-out', acts], /add --by activations/],
    [['--by', 'activations', '--data', data], /Which file\?/],
    [['--activations', acts, '--at', 'before'], /holds them already/],
    [[network, '--activations', data], /none of them the name of a layer/],
  ])('refuses %j', (given, message) => {
    const { status, stderr } = lobes('cluster', ...given, ...flags)
    expect(stderr).toMatch(message)
    expect(status).toBe(2)
  })
})

describe('lobes test', () => {
  const flags = ['--k', '10', '--seed', '3', '--shuffles', '19', '--json']

  it('gives the same hash on one thread and on two', () => {
    const [one, two] = ['1', '2'].map(threads => lobes('test', network, ...flags, '--threads', threads))
    expect([one.status, two.status]).toEqual([0, 0])
    const { verdict, hash } = JSON.parse(one.stdout)
    expect(JSON.parse(two.stdout).hash).toBe(hash)
    expect(verdict.modular).toBe(true)
    for (const { ncuts } of verdict.comparisons) expect(ncuts).toHaveLength(19)
  })

  it('ends with code 3 when the network is not modular', async () => {
    const random = join(folder, 'random.onnx')
    writeFileSync(random, await encodeOnnx(mlp([30, 40, 20], { seed: 5 }).network))
    const { status, stdout } = lobes('test', random, '--k', '4', '--shuffles', '19', '--seed', '1')
    expect(stdout).toContain('Not modular: p > 0.05 under')
    expect(status).toBe(3)
  })

  it('keeps what it has shown when interrupted, and ends with code 130', async () => {
    const child = spawn(process.execPath, ['src/cli/main.ts', 'test', network, '--k', '10', '--shuffles', '100000'])
    let stderr = ''
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    // The modules are printed before the test starts.
    const shown = await new Promise<string>(resolve => child.stdout.once('data', chunk => resolve(String(chunk))))
    const ended = new Promise<number | null>(resolve => child.on('exit', resolve))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(shown).toContain('710 units in 10 modules')
    expect(stderr).toContain('interrupted')
  })
})

/** 300 examples of noise with labels. */
function examplesFile(): string {
  const path = join(folder, 'noise.npz')
  const random = randomStream(4)
  const inputs = tensor(
    Float32Array.from({ length: 300 * 100 }, () => random.uniform()),
    [300, 100],
  )
  const labels = tensor(
    Int32Array.from({ length: 300 }, (_, i) => i % 10),
    [300],
  )
  writeFileSync(path, writeNpz({ inputs, labels }))
  return path
}

describe('lobes analyze', () => {
  it('writes where --out says, and says so in the JSON', () => {
    const target = join(folder, 'deep', 'report')
    const flags = ['--k', '10', '--seed', '1', '--shuffles', '19', '--json', '--units', 'hidden']
    const result = JSON.parse(lobes('analyze', network, '--out', target, ...flags).stdout)
    expect(result).toMatchObject({
      k: 10,
      report: join(target, 'index.html'),
      parameters: { units: 'hidden', seed: 1 },
    })
    expect(existsSync(result.report)).toBe(true)
    expect(result.labels).toHaveLength(600)
    const same = ['--k', '10', '--seed', '1', '--json', '--units', 'hidden']
    expect(result.ncut).toBeCloseTo(JSON.parse(lobes('cluster', network, ...same).stdout).ncut, 12)
  })

  it('with --data says what the modules do, and leaves the structural hash as it is', () => {
    const target = join(folder, 'functional')
    const flags = ['--k', '10', '--seed', '1', '--shuffles', '19', '--units', 'hidden']
    const examples = [
      '--data',
      examplesFile(),
      '--examples',
      '200',
      '--controls',
      '9',
      '--parts',
      'activations,coherence',
    ]
    const run = lobes('analyze', network, '--out', target, ...flags, ...examples)
    expect(run.status).toBe(0)
    expect(run.stdout).toMatch(/Structure and function (dis)?agree|Nothing can be compared yet|One of the two is open/)
    const result = JSON.parse(readFileSync(join(target, 'analysis.json'), 'utf8'))
    const alone = JSON.parse(readFileSync(join(folder, 'deep', 'report', 'analysis.json'), 'utf8'))
    expect(result.hash).toBe(alone.hash)
    expect(alone.functional).toBeUndefined()
    expect(result.functional).toMatchObject({ data: { answers: 'labels', examples: 200 } })
    expect(result.functional.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(result.functional.lesions.subModules[0].controls).toHaveLength(9)
    expect(result.functional.doubles).toBeNull()
    expect(result.functional.coherence.subModules.length).toBeGreaterThan(5)
    expect(readFileSync(join(target, 'index.html'), 'utf8')).toContain('Structure and function, side by side')
    expect(existsSync(join(target, 'sub_modules.parquet'))).toBe(true)
  })

  it('refuses flags of examples without examples, before anything is computed', () => {
    for (const flag of [
      ['--examples', '10'],
      ['--parts', 'pairs'],
    ]) {
      const run = lobes('analyze', network, ...flag, '--out', join(folder, 'none'))
      expect(run.status).toBe(2)
      expect(run.stderr).toContain(`${flag[0]} is about`)
      expect(run.stderr).toContain('there is no --data')
    }
    const run = lobes('analyze', network, '--data', examplesFile(), '--parts', 'pair', '--out', join(folder, 'none'))
    expect(run.status).toBe(2)
    expect(run.stderr).toContain('pairs')
  })

  it('keeps structure and lesions when interrupted in the functional part', async () => {
    const target = join(folder, 'stopped')
    const flags = ['--k', '10', '--seed', '1', '--shuffles', '19', '--data', examplesFile(), '--controls', '2000']
    const child = spawn(process.execPath, ['src/cli/main.ts', 'analyze', network, '--out', target, ...flags])
    let stderr = ''
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    // The structural part is printed before the lesions begin.
    const ended = new Promise<number | null>(resolve => child.on('exit', resolve))
    child.stdout.on('data', chunk => String(chunk).includes('hash') && child.kill('SIGINT'))
    expect(await ended, stderr).toBe(130)
    expect(stderr).toContain('kept the structural part')
    expect(JSON.parse(readFileSync(join(target, 'analysis.json'), 'utf8')).labels).toHaveLength(710)
  })
})
