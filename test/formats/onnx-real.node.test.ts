/** Real ONNX files by several exporters: what we open is what is there, and what we write computes the same. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fromBinary } from '@bufbuild/protobuf'
import { type ModelProto, ModelProtoSchema, type TensorProto } from 'onnx-buf'
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { fileSource } from '../../src/formats/file-source.ts'
import { encodeOnnx } from '../../src/formats/onnx-write.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { randomStream } from '../../src/random.ts'
import { cntkForward } from './cntk-forward.ts'

const FOLDER = '../shared/nets/onnx'
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER).filter(name => name.endsWith('.onnx')) : []
if (FILES.length === 0) console.warn(`skipped: the real networks of ${FOLDER} are not here`)

const QUIET = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const

function decodeFile(file: string): ModelProto {
  return fromBinary(ModelProtoSchema, readFileSync(`${FOLDER}/${file}`))
}

/** The file's own counts, by the protobuf decoder alone. */
function countsOf(model: ModelProto) {
  const operators: Record<string, number> = {}
  const tensors: TensorProto[] = [...model.graph!.initializer]
  for (const { opType, attribute } of model.graph!.node) {
    operators[opType] = (operators[opType] ?? 0) + 1
    if (opType === 'Constant') tensors.push(attribute[0].t!)
  }
  const isFloat = ({ dataType }: TensorProto) => dataType === 1
  const parameters = tensors
    .filter(isFloat)
    .reduce((sum, { dims }) => sum + Number(dims.reduce((a, b) => a * b, 1n)), 0)
  return { operators, parameters }
}

function randomInput(shape: readonly (number | null)[], stream: number): ort.Tensor {
  const dims = shape.map(size => size ?? 2)
  const random = randomStream(7, stream)
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 2 * random.uniform() - 1)
  return new ort.Tensor('float32', data, dims)
}

async function run(session: ort.InferenceSession, input: ort.Tensor): Promise<number[]> {
  const results = await session.run({ [session.inputNames[0]]: input })
  return Array.from(results[session.outputNames[0]].data as Float32Array)
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length)
  return Math.max(...a.map((value, index) => Math.abs(value - b[index])))
}

describe.skipIf(FILES.length === 0)('real files', () => {
  test.each(FILES)('%s has the operators and parameters of its own file', async file => {
    const network = await openNetwork(await fileSource(`${FOLDER}/${file}`))
    expect(network.source).toMatchObject(countsOf(decodeFile(file)))
    for (const { outputs } of network.operators) expect(network.shapes.has(outputs[0]), outputs[0]).toBe(true)
  })

  test.each(FILES.filter(file => !file.includes('opset1.')))(
    '%s computes the same after upgrade and rewriting',
    async file => {
      const network = await openNetwork(await fileSource(`${FOLDER}/${file}`))
      const original = await ort.InferenceSession.create(`${FOLDER}/${file}`, QUIET)
      const rewritten = await ort.InferenceSession.create(await encodeOnnx(network), QUIET)
      for (let stream = 0; stream < 3; stream++) {
        const input = randomInput(network.inputs[0].shape, stream)
        expect(largestDifference(await run(original, input), await run(rewritten, input))).toBeLessThan(1e-4)
      }
    },
  )

  // ONNX Runtime has no operators of opset 1, so the original is computed here.
  test.runIf(FILES.includes('mnist-cntk-opset1.onnx'))('the opset-1 file computes what its layers say', async () => {
    const file = 'mnist-cntk-opset1.onnx'
    const network = await openNetwork(await fileSource(`${FOLDER}/${file}`))
    const session = await ort.InferenceSession.create(await encodeOnnx(network), QUIET)
    const input = randomInput([1, 1, 28, 28], 0)
    const expected = cntkForward(decodeFile(file), input.data as Float32Array)
    expect(largestDifference(await run(session, input), expected)).toBeLessThan(1e-4)
  })

  test('the structure is read without reading the weights', async () => {
    const source = await fileSource(`${FOLDER}/mnist-batchnorm-opset16.onnx`)
    let read = 0
    const counting = {
      ...source,
      slice(start: number, end: number) {
        read += end - start
        return source.slice(start, end)
      },
    }
    const network = await openNetwork(counting)
    expect(source.byteLength).toBeGreaterThan(1_500_000)
    expect(read).toBeLessThan(source.byteLength / 4)
    const { data } = await network.weights.get('fc2.bias')!.read()
    expect(data).toHaveLength(10)
  })
})
