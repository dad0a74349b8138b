/** `lobes export FILE --onnx OUT`: any network that can be opened and run, as an ONNX file. */
import { UnsupportedError, UsageError } from '../errors.ts'
import { encodeOnnx } from '../formats/onnx-write.ts'
import { operatorCounts, parameterCount } from '../network/operator-counts.ts'
import { checkRunnable } from '../network/runnable.ts'
import { SCHEMA_VERSION } from '../report/analysis.ts'
import { bytesPerElement } from '../tensor/dtype.ts'
import { elementCount } from '../tensor/tensor.ts'
import { VERSION } from '../version.ts'
import { text } from './flags.ts'
import { OPEN_FLAGS, OUTPUT_FLAGS, openFile } from './network-flags.ts'
import { writeAll } from './report-files.ts'
import { shown } from './terminal.ts'
import type { Verb } from './verb.ts'

/** One protobuf message can be no longer. */
const MOST_BYTES = 2 ** 31 - 1

export const exportNetwork: Verb = {
  description: 'Write a network of any format as an ONNX file.',
  args: {
    ...OPEN_FLAGS,
    onnx: { type: 'string', valueHint: 'OUT.onnx', description: 'default: the name of FILE with .onnx' },
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal) {
    const given = text(flags, 'onnx')
    if (given !== undefined && !given.toLowerCase().endsWith('.onnx'))
      throw new UsageError('usage.out', `--onnx cannot be "${given}": the file must end in .onnx.`)
    const { source, network } = await openFile(flags)
    checkRunnable(network, 'a file that says it')
    const onnx = given ?? `${source.name.replace(/\.[^./]+$/, '')}.onnx`
    if (given === undefined && onnx === source.name)
      throw new UsageError('usage.out', `${source.name} is an ONNX file already; say with --onnx where to write.`)
    const bytes = [...network.weights.values()].reduce(
      (sum, { dtype, shape }) => sum + elementCount(shape) * bytesPerElement(dtype),
      0,
    )
    if (bytes > MOST_BYTES)
      throw new UnsupportedError(
        'unsupported.size',
        `${source.name} holds ${shown(bytes)} bytes of weights, more than the 2 GB that one ONNX file can hold.`,
      )
    const encoded = await encodeOnnx(network)
    await writeAll('.', [[onnx, encoded]])
    const operators = operatorCounts(network)
    const parameters = parameterCount(network)
    terminal.print(terminal.bold(`${source.name} → ${onnx}: ${shown(encoded.length)} bytes`))
    terminal.print(
      `${shown(parameters)} parameters; ${operators.map(({ type, count }) => `${count} ${type}`).join(', ')}`,
    )
    for (const note of network.notes) terminal.note(`note: ${note}`)
    const tool = { name: 'lobes', version: VERSION, node: process.version }
    terminal.document({ schemaVersion: SCHEMA_VERSION, tool, onnx, bytes: encoded.length, operators, parameters })
    return 0
  },
}
