/** `lobes export`: what is written computes what was read; weights alone are not made to look like a network. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { memorySource } from '../../src/formats/memory-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'
import { writeNpz } from '../../src/tensor/npz.ts'
import { tensor } from '../../src/tensor/tensor.ts'

const folder = mkdtempSync(join(tmpdir(), 'lobes-export-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lobes = (...args: string[]) => spawnSync(process.execPath, ['src/cli/main.ts', ...args], { encoding: 'utf8' })

const weights = join(folder, 'weights.npz')
const layers = join(folder, 'chain.json')
writeFileSync(
  weights,
  writeNpz({
    'a.weight': tensor(Float32Array.of(1, -1, 2, 0, 1, -3), [2, 3]),
    'a.bias': tensor(Float32Array.of(0.5, -0.5), [2]),
    'b.weight': tensor(Float32Array.of(2, 1), [1, 2]),
  }),
)
writeFileSync(
  layers,
  JSON.stringify([
    { type: 'dense', weight: 'a.weight', bias: 'a.bias', orientation: 'out-in', activation: 'relu' },
    { type: 'dense', weight: 'b.weight', orientation: 'out-in', activation: 'linear' },
  ]),
)

it('writes an ONNX file that computes the same', async () => {
  const onnx = join(folder, 'out.onnx')
  const { status, stdout } = lobes('export', weights, '--layers', layers, '--onnx', onnx, '--json')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ onnx, parameters: 10 })
  const network = await openNetwork(memorySource(readFileSync(onnx), { name: 'out.onnx' }))
  const session = await referenceRuntime().load(network)
  const [input] = network.inputs
  const found = await session.run({ [input.name]: tensor(Float32Array.of(1, 2, 3), [1, 3]) })
  // relu(1 − 2 + 6 + .5) = 5.5, relu(2 − 9 − .5) = 0; 2 · 5.5 = 11
  expect(Array.from(found[network.outputs[0].name].data as Float64Array)).toEqual([11])
})

it.each([
  [['export', weights], 1, /holds weights alone.*layers\.json/],
  [['export', weights, '--layers', layers, '--onnx', 'out.txt'], 2, /must end in \.onnx/],
])('%j is refused', (args, code, message) => {
  const { status, stderr } = lobes(...args)
  expect(stderr).toMatch(message)
  expect(status).toBe(code)
})
