/**
 * Keras configurations (Sequential, Functional, and models within models) as one graph of layer calls. Nothing in them
 * is run: names of classes are looked up in a table of layers, and that is all.
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import { modernLayer } from './keras1.ts'

export type Config = Readonly<Record<string, unknown>>

/** The output of one call of a layer. */
export interface TensorRef {
  readonly layer: string
  readonly call: number
}

export interface KerasLayer {
  readonly className: string
  readonly name: string
  readonly config: Config
  /** Where the layer is a model itself. */
  readonly model?: KerasModel
  /** What flows in, for each time that the layer is called. */
  readonly calls: readonly (readonly TensorRef[])[]
}

export interface KerasModel {
  readonly name: string
  readonly layers: readonly KerasLayer[]
  readonly inputs: readonly TensorRef[]
  readonly outputs: readonly TensorRef[]
}

const MODELS = ['Sequential', 'Functional', 'Model']
const DEEPEST = 20
const MOST_LAYERS = 5000

/** @param where names the file in errors. */
export function parseModel(given: unknown, where: string, depth = 0): KerasModel {
  const { className, config } = entryOf(given, where)
  if (depth > DEEPEST) throw malformed(where, `models are nested more than ${DEEPEST} deep`)
  if (!MODELS.includes(className))
    throw new UnsupportedError(
      'unsupported.keras-model',
      `${where} is a model of the class "${className}", whose Python code says what it computes and is not in the file; ` +
        'export it to ONNX with model.export("model.onnx", format="onnx") or tf2onnx.',
    )
  const layers = Array.isArray(config) ? config : (config as Config).layers
  if (!Array.isArray(layers) || layers.length > MOST_LAYERS) throw malformed(where, 'it has no list of layers')
  return className === 'Sequential'
    ? sequential(layers, isObject(config) ? config : {}, where, depth)
    : functional(layers, config as Config, where, depth)
}

/** A layer or model as a class and its configuration. */
function entryOf(given: unknown, where: string): { className: string; config: unknown } {
  if (isObject(given) && typeof given.class_name === 'string' && typeof given.config === 'object' && given.config)
    return { className: given.class_name, config: given.config }
  throw malformed(where, 'a layer has no class and configuration')
}

type Described = Omit<KerasLayer, 'calls'>

function describe(given: unknown, where: string, depth: number): Described {
  const { className, config } = entryOf(given, where)
  const own = isObject(config) ? config : {}
  const name = (given as Config).name ?? own.name
  if (typeof name !== 'string' || name === '' || name.length > 1000) throw malformed(where, 'a layer has no name')
  if (MODELS.includes(className))
    return { className, name, config: own, model: parseModel(given, `${where}, "${name}"`, depth + 1) }
  return { ...modernLayer(className, own, `${where}, layer "${name}"`), name }
}

function sequential(given: readonly unknown[], config: Config, where: string, depth: number): KerasModel {
  const described = given.map(layer => describe(layer, where, depth))
  if (described.length === 0) throw malformed(where, 'it has no layers')
  const [first] = described
  if (first.className !== 'InputLayer' && !first.model)
    described.unshift({ className: 'InputLayer', name: `${first.name}_input`, config: inputOf(first, config) })
  const layers = described.map((layer, at): KerasLayer => {
    const inputs = at > 0 ? [{ layer: described[at - 1].name, call: 0 }] : []
    return { ...layer, calls: [inputs] }
  })
  checkNames(layers, where)
  const name = typeof config.name === 'string' ? config.name : 'sequential'
  if (layers[0].model) return { ...within(layers, where), name }
  return { name, layers, inputs: [ref(layers[0])], outputs: [ref(layers[layers.length - 1])] }
}

/** A chain that begins with a model: what flows into that one flows in. */
function within(layers: readonly KerasLayer[], where: string): Omit<KerasModel, 'name'> {
  const [first, ...rest] = layers
  const inner = first.model as KerasModel
  const sources = inner.inputs.map(({ layer }) => inner.layers.find(({ name }) => name === layer))
  if (sources.some(source => !source)) throw malformed(where, `"${first.name}" has no inputs`)
  const inputs = sources.map((source): KerasLayer => ({ ...source!, name: `${first.name}_${source!.name}` }))
  const fed = { ...first, calls: [inputs.map(ref)] }
  return { layers: [...inputs, fed, ...rest], inputs: inputs.map(ref), outputs: [ref(rest.at(-1) ?? first)] }
}

/** What the first layer, or the model, says about its input. */
function inputOf(first: Described, config: Config): Config {
  const shape = first.config.batch_input_shape ?? first.config.batch_shape ?? config.build_input_shape
  const length = first.config.input_length ?? null
  return {
    batch_shape: shape ?? (first.className === 'Embedding' ? [null, length] : undefined),
    dtype: first.config.dtype,
  }
}

function functional(given: readonly unknown[], config: Config, where: string, depth: number): KerasModel {
  const layers = given.map((entry): KerasLayer => {
    const layer = describe(entry, where, depth)
    const nodes = (entry as Config).inbound_nodes ?? []
    if (!Array.isArray(nodes)) throw malformed(where, `layer "${layer.name}" has no list of what flows into it`)
    const calls = nodes.map(node => callOf(node, `${where}, layer "${layer.name}"`))
    return { ...layer, calls: layer.className === 'InputLayer' ? [[]] : calls }
  })
  checkNames(layers, where)
  const name = typeof config.name === 'string' ? config.name : 'model'
  return { name, layers, inputs: endsOf(config.input_layers, where), outputs: endsOf(config.output_layers, where) }
}

/** A node of Keras 3, `{ args, kwargs }` with tensors anywhere in them, or a list of `[layer, call, output, options]`. */
function callOf(node: unknown, where: string): TensorRef[] {
  if (Array.isArray(node)) return (typeof node[0] === 'string' ? [node] : node).map(entry => refOf(entry, where))
  if (!isObject(node)) throw malformed(where, 'what flows into it is not told')
  return [node.args, node.kwargs].flatMap(part => keptTensors(part, where))
}

function keptTensors(value: unknown, where: string, depth = 0): TensorRef[] {
  if (depth > DEEPEST) throw malformed(where, 'its arguments are nested too deep')
  if (Array.isArray(value)) return value.flatMap(item => keptTensors(item, where, depth + 1))
  if (!isObject(value)) return []
  if (value.class_name === '__keras_tensor__' && isObject(value.config))
    return [refOf(value.config.keras_history, where)]
  return Object.values(value).flatMap(item => keptTensors(item, where, depth + 1))
}

function refOf(entry: unknown, where: string): TensorRef {
  const [layer, call, output] = Array.isArray(entry) ? entry : []
  if (typeof layer !== 'string' || !Number.isSafeInteger(call) || call < 0)
    throw malformed(where, 'an input has no name')
  if (output !== 0)
    throw new UnsupportedError(
      'unsupported.keras',
      `${where} reads output ${output} of "${layer}"; only the first is read.`,
    )
  return { layer, call }
}

/** Inputs or outputs of a model: `[layer, call, output]`, a list of such, or an object of such. */
function endsOf(given: unknown, where: string): TensorRef[] {
  if (Array.isArray(given) && typeof given[0] === 'string') return [refOf(given, where)]
  const entries = Array.isArray(given) ? given : isObject(given) ? Object.values(given) : []
  const ends = entries.flatMap(entry => (Array.isArray(entry) && Array.isArray(entry[0]) ? entry : [entry]))
  if (ends.length === 0) throw malformed(where, 'its inputs or outputs are not told')
  return ends.map(entry => refOf(entry, where))
}

function checkNames(layers: readonly KerasLayer[], where: string): void {
  const names = new Set<string>()
  for (const { name } of layers) {
    if (names.has(name)) throw malformed(where, `two layers are called "${name}"`)
    names.add(name)
  }
}

const ref = ({ name }: KerasLayer): TensorRef => ({ layer: name, call: 0 })

export function isObject(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function malformed(where: string, problem: string): FormatError {
  return new FormatError('format.keras', `The Keras configuration of ${where} is damaged: ${problem}.`)
}
