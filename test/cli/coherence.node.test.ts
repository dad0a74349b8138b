/** `lobes coherence` on a network with planted modules: what is printed, written and refused. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { decodePicture } from '../../src/data/image-file.ts'
import { encodeOnnx } from '../../src/formats/onnx-write.ts'
import { mlp } from '../../src/network/architectures.ts'
import { randomStream } from '../../src/random.ts'
import { writeNpz } from '../../src/tensor/npz.ts'
import { tensor } from '../../src/tensor/tensor.ts'

const folder = mkdtempSync(join(tmpdir(), 'lobes-coherence-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const network = join(folder, 'network.onnx')
const data = join(folder, 'data.npz')

function lobes(...args: string[]) {
  return spawnSync(process.execPath, ['src/cli/main.ts', 'coherence', ...args], { encoding: 'utf8' })
}

writeFileSync(network, await encodeOnnx(mlp([100, 40, 40, 10], { seed: 1, planting: { modules: 4 } }).network))
const random = randomStream(2)
const pixels = Uint8Array.from({ length: 60 * 100 }, () => random.below(256))
const labels = Int32Array.from({ length: 60 }, (_, i) => i % 10)
writeFileSync(data, writeNpz({ x: tensor(pixels, [60, 10, 10]), y: tensor(labels, [60]) }))
const QUICK = ['--k', '4', '--seed', '1', '--controls', '3', '--steps', '8']

describe('lobes coherence', () => {
  it('prints a line for each sub-module and writes the pictures', () => {
    const out = join(folder, 'out')
    const { status, stdout, stderr } = lobes(network, '--data', data, '--out', out, ...QUICK)
    expect(stderr).toMatch(/pictures in/)
    expect(status).toBe(0)
    expect(stdout).toMatch(/dense1 +#\d +\d+ /)
    expect(stdout).toMatch(/score \(one picture drives all units\): Fisher p/)
    expect(stdout).toMatch(/NMI/)
    const files = readdirSync(out)
    const { coherence } = JSON.parse(readFileSync(join(out, 'coherence.json'), 'utf8'))
    for (const { name, module } of coherence.subModules) expect(files).toContain(`${name}-module${module}.png`)
    for (const kind of ['pictures', 'top-inputs', 'input-correlations']) expect(files).toContain(`${kind}-dense1.png`)
    const [first] = coherence.subModules
    const png = readFileSync(join(out, `dense1-module${first.module}.png`))
    expect(png.toString('base64')).toBe(first.picture.png)
    expect(decodePicture(png, 'picture')).toMatchObject({ channels: 1, height: 10, width: 10 })
  })

  it('works without data, the same each time, and as one JSON document', () => {
    const [first, second] = [lobes(network, '--json', ...QUICK), lobes(network, '--json', '--mean', '0', ...QUICK)]
    const { coherence } = JSON.parse(first.stdout)
    expect(coherence.subModules[0].top).toBeNull()
    expect(JSON.parse(second.stdout).coherence.subModules).toEqual(coherence.subModules)
  })

  it.each([
    [['--image', '3x10x10'], /reads 100, which is no image of 3 × 10 × 10/],
    [['--image', 'big'], /--image must be channels × rows × columns/],
    [['--labels', 'none'], /--labels is about examples, but there is no --data/],
    [['--jitter', '-1'], /--jitter needs a value|at least 0/],
    [['--jitter', 'x'], /--jitter must be a number of at least 0/],
    [['--objective', 'most'], /--objective cannot be "most"/],
    [['--steps', '0'], /--steps must be a whole number of at least 1/],
    [['--k', '1'], /nothing to draw/],
  ])('refuses %j', (flags, message) => {
    const { status, stderr } = lobes(network, ...QUICK, ...flags)
    expect(stderr).toMatch(message)
    expect(status).toBe(2)
  })
})
