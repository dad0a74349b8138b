/** `lobes compare`: two files, several, and what cannot be compared. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeOnnx } from '../../src/formats/onnx-write.ts'
import { mlp } from '../../src/network/architectures.ts'

const folder = mkdtempSync(join(tmpdir(), 'lobes-compare-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string) => join(folder, name)

function lobes(...args: string[]) {
  return spawnSync(process.execPath, ['src/cli/main.ts', ...args], { encoding: 'utf8' })
}

for (const seed of [1, 2])
  writeFileSync(
    file(`${seed}.onnx`),
    await encodeOnnx(mlp([20, 40, 40, 10], { seed, planting: { modules: 5 } }).network),
  )
writeFileSync(file('other.onnx'), await encodeOnnx(mlp([20, 30, 10], { seed: 1 }).network))

describe('lobes compare', () => {
  it('a network, its partition and its graph are the same; another network is not: the drift along them', () => {
    const flags = ['--k', '5', '--seed', '1', '--json']
    const cluster = lobes('cluster', file('1.onnx'), ...flags, '--graph', file('1.graphml'))
    writeFileSync(file('1.json'), cluster.stdout)
    const files = ['1.onnx', '1.json', '1.graphml', '2.onnx'].map(file)
    const { steps, hash } = JSON.parse(lobes('compare', ...files, ...flags).stdout)
    const aris = steps.map((step: { toFirst?: { agreement: { ari: number } } }) => step.toFirst?.agreement.ari)
    expect(aris.slice(0, 3)).toEqual([undefined, 1, 1])
    expect(aris[3]).toBeLessThan(0.2)
    expect(steps[3].toPrevious.ncut.first.own).toBe(JSON.parse(cluster.stdout).ncut)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('as tables', () => {
    const { stdout } = lobes('compare', file('1.onnx'), file('2.onnx'), '--seed', '1', '--k', '5')
    expect(stdout).toMatch(/ARI -?0\.\d+, AMI .* over 110 units/)
    expect(stdout).toMatch(/n-cut of 2\.onnx: .*; under the other's modules/)
    expect(stdout).toMatch(/module +is +units in both/)
    expect(stdout).toMatch(/dense1 +40 +\d+ +\d+/)
  })

  it.each([
    [[file('1.onnx')], 2, /two files or more/],
    [
      [file('1.onnx'), file('other.onnx'), '--k', '2'],
      2,
      /differ at layer 1: "dense1" with 40 neurons and "dense1" with 30/,
    ],
    [[file('1.onnx'), '--shuffles', '3'], 2, /no flag --shuffles/],
  ])('refuses %j', (args, code, message) => {
    const { status, stderr } = lobes('compare', ...args)
    expect(stderr).toMatch(message)
    expect(status).toBe(code)
  })

  const nets = ['onnx/mnist-colt-convmed.onnx', 'pytorch/mnist-colt-convmed.pt'].map(path =>
    join('../shared/nets', path),
  )
  it.skipIf(!nets.every(path => existsSync(path)))(
    'one network in two formats (../shared/nets): every unit is kept',
    () => {
      const { steps } = JSON.parse(lobes('compare', ...nets, '--k', '4', '--seed', '1', '--json').stdout)
      expect(steps[1].toFirst).toMatchObject({ agreement: { ari: 1 }, moved: [] })
    },
  )
})
