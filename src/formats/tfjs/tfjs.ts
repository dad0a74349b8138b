/** TensorFlow.js models: a `model.json` with the architecture and a manifest, and shards of weights beside it. */
import { FormatError, UnsupportedError } from '../../errors.ts'
import type { Network, WeightTensor } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import type { Format } from '../format.ts'
import { parseJson } from '../json.ts'
import { kerasNetwork } from '../keras/network.ts'
import { weightsByName } from '../keras/weights.ts'
import type { ByteSource } from '../source.ts'
import { graphNetwork } from './graph-model.ts'
import { readManifest } from './manifest.ts'

/** The largest topologies in use take a few megabytes. */
const LARGEST_JSON = 64_000_000
/** Objects, lists and members: each takes some tens of bytes in memory, but as few as two in the file. */
const MOST_VALUES = 2_000_000
const DEEPEST = 500

const [COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Array.from(',[]{}', text => text.charCodeAt(0))

export const tfjs: Format = {
  name: 'tfjs',
  async open(source) {
    const model = await readModelJson(source)
    const topology = objectAt(model, 'modelTopology')
    if (!topology)
      throw new UnsupportedError(
        'unsupported.tfjs',
        `${source.name} has no modelTopology, so it is no TensorFlow.js model, or one of weights alone.`,
      )
    const weights = await readManifest(source, model.weightsManifest)
    const { name } = source
    const network =
      'node' in topology
        ? await graphNetwork({ name, topology, weights, signature: signatureOf(model) })
        : layersNetwork(name, topology, weights)
    const written = [model.generatedBy, model.convertedBy].find(text => typeof text === 'string' && /[a-z]/i.test(text))
    const origin = {
      format: 'tfjs',
      parameters: parametersIn(weights),
      ...(typeof written === 'string' && { producer: written.slice(0, 100) }),
    }
    return { ...network, source: { ...network.source, ...origin } }
  },
}

async function readModelJson(source: ByteSource): Promise<Record<string, unknown>> {
  if (source.byteLength > LARGEST_JSON)
    throw new FormatError(
      'format.json',
      `${source.name} has ${source.byteLength} bytes; a model.json of more than ${LARGEST_JSON} is not read.`,
    )
  const bytes = await source.slice(0, source.byteLength)
  checkSize(bytes, source.name)
  return parseJson(bytes, source.name)
}

/** Before anything is made of it: brackets and commas, those in text included. */
function checkSize(bytes: Uint8Array, name: string): void {
  let values = 0
  let depth = 0
  for (const byte of bytes) {
    const opens = byte === OPEN_LIST || byte === OPEN_OBJECT
    if (opens || byte === COMMA) values++
    if (opens) depth++
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--
    if (values > MOST_VALUES || depth > DEEPEST)
      throw new FormatError(
        'format.json',
        `${name} holds more than ${MOST_VALUES} values, or is nested more than ${DEEPEST} deep; no model.json is.`,
      )
  }
}

function objectAt(object: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> | undefined {
  const value = object[key]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}

/** A Keras configuration, with the weights named `layer/role`. */
function layersNetwork(
  name: string,
  topology: Readonly<Record<string, unknown>>,
  weights: readonly WeightTensor[],
): Network {
  const { keras_version: version, model_config: config = topology } = topology
  return kerasNetwork({
    ...{ name, format: 'tfjs', config, weights: weightsByName(weights) },
    ...(typeof version === 'string' && { version: version.slice(0, 40) }),
  })
}

/** The named inputs and outputs, where the converter wrote them. */
function signatureOf(model: Readonly<Record<string, unknown>>): unknown {
  return model.signature ?? objectAt(model, 'userDefinedMetadata')?.signature
}

function parametersIn(weights: readonly WeightTensor[]): number {
  return weights.reduce((sum, { dtype, shape }) => (dtype.includes('float') ? sum + elementCount(shape) : sum), 0)
}
