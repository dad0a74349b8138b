/**
 * The network of a Keras configuration: layers are called in the order in which their inputs are there, each by the rule
 * of its class. Images have their channels first inside: inputs of images are declared so, and what users feed is turned
 * to fit (`data/fit-shape.ts`).
 */
import { type GraphDraft, graphDraft } from '../../network/graph-draft.ts'
import type { Network, ValueInfo, WeightTensor } from '../../network/network.ts'
import { damagedLayer, type LayerScope, unsupported } from './layer-scope.ts'
import { reasonAgainst, ruleOf } from './layers/table.ts'
import { type KerasLayer, type KerasModel, malformed, parseModel, type TensorRef } from './model.ts'
import { settingsOf } from './settings.ts'
import { asKeras, type Value } from './values.ts'
import type { KerasWeights, PathStep } from './weights.ts'

export interface KerasFile {
  /** Name of the file. */
  readonly name: string
  /** Name of the format. */
  readonly format: string
  /** Version of Keras that wrote the configuration, where it is told. */
  readonly version?: string
  /** Class and configuration of the model. */
  readonly config: unknown
  readonly weights: KerasWeights
  readonly notes?: readonly string[]
}

/**
 * @throws UnsupportedError naming the first layer that cannot be run; FormatError where weights do not fit their layers.
 */
export function kerasNetwork(file: KerasFile): Network {
  const model = parseModel(file.config, file.name)
  const inputs = inputsOf(model, file)
  const draft = graphDraft(inputs.map(({ info }) => info))
  const build: Build = { file, draft, keras: Number.parseInt(file.version ?? '2', 10) || 2, calls: 0 }
  const given = new Map(inputs.map(({ layer, info, order }): [string, Value] => [layer, { name: info.name, order }]))
  const outputs = runModel(build, model, [], given).map(value => asResult(draft, value))
  const names = outputs.map(name =>
    inputs.some(({ info }) => info.name === name) ? draft.op('output', 'Identity', [name]) : name,
  )
  const turned = inputs.filter(({ order, info }) => order === 'channels-first' && info.shape[1] !== 1)
  const notes = turned.length
    ? [
        `Images are read channels first, though the file keeps them last: ${turned.map(({ info }) => info.name).join(', ')}.`,
      ]
    : []
  return draft.finish([...new Set(names)], {
    name: file.name,
    source: { format: file.format, ...(file.version && { producer: `Keras ${file.version}` }) },
    activationsKnown: true,
    notes: [...(file.notes ?? []), ...notes],
  })
}

interface Build {
  readonly file: KerasFile
  readonly draft: GraphDraft
  readonly keras: number
  /** Layers called so far. */
  calls: number
}

/** Models that call each other can be small as files and without end as networks. */
const MOST_CALLS = 20_000

/** Flat vectors leave in Keras's order; images keep their channels first, as they came in. */
function asResult(draft: GraphDraft, value: Value): string {
  return value.order === 'flattened' ? asKeras(draft, value).name : value.name
}

interface NetworkInput {
  readonly layer: string
  readonly info: ValueInfo
  readonly order: Value['order']
}

function inputsOf(model: KerasModel, { name: file, weights }: KerasFile): NetworkInput[] {
  return model.inputs.map(({ layer: name }) => {
    const layer = model.layers.find(layer => layer.name === name)
    if (layer?.className !== 'InputLayer') throw malformed(file, `the input "${name}" is no input layer`)
    const shape = shapeOf(layer, model, file, weights)
    const isTurned = readsChannels(model, name, shape.length)
    const order = isTurned ? 'channels-first' : 'keras'
    const fed = isTurned ? [shape[shape.length - 1], ...shape.slice(0, -1)] : shape
    return { layer: name, order, info: { name, dtype: dtypeOf(layer), shape: [null, ...fed] } }
  })
}

function dtypeOf({ config }: KerasLayer): 'int32' | 'int64' | 'float32' {
  return config.dtype === 'int32' || config.dtype === 'int64' ? config.dtype : 'float32'
}

/** Of one example. Where the configuration does not tell, the first weights do. */
function shapeOf(layer: KerasLayer, model: KerasModel, file: string, weights: KerasWeights): (number | null)[] {
  const shape = layer.config.batch_shape ?? layer.config.batch_input_shape
  if (Array.isArray(shape)) {
    const isSize = (size: unknown) => size === null || (Number.isSafeInteger(size) && (size as number) >= 1)
    if (shape.length < 1 || shape.length > 6 || !shape.every(isSize))
      throw malformed(file, `the input "${layer.name}" has the shape ${JSON.stringify(shape).slice(0, 80)}`)
    return shape.slice(1)
  }
  const first = model.layers.find(({ className, calls }) => className !== 'InputLayer' && reads(calls, layer.name))
  const [kernel] = first ? weights.of([{ name: first.name, key: keysOf(model).get(first.name)! }], ['kernel']) : []
  if (kernel?.shape.length === 2) return [kernel.shape[0]]
  const axes = (kernel?.shape.length ?? 0) - 2
  if (axes >= 1 && axes <= 3) return [...new Array<null>(axes).fill(null), kernel.shape[axes]]
  throw malformed(file, `the shape of the input "${layer.name}" is not told`)
}

/** Images are, and sequences that a layer along one axis reads; not where the model itself has the channels first. */
function readsChannels(model: KerasModel, input: string, rank: number): boolean {
  const layers = model.layers.flatMap(function flat(layer): KerasLayer[] {
    return layer.model ? layer.model.layers.flatMap(flat) : [layer]
  })
  if (rank < 2 || layers.some(({ config }) => config.data_format === 'channels_first')) return false
  if (rank >= 3) return true
  const readers = model.layers.filter(({ calls }) => reads(calls, input))
  return readers.some(({ className }) => className.includes('1D'))
}

const reads = (calls: KerasLayer['calls'], name: string) =>
  calls.some(inputs => inputs.some(({ layer }) => layer === name))

/** Names in Keras 3 archives: the class in snake case, counted from the second on. */
function keysOf(model: KerasModel): Map<string, string> {
  const counts = new Map<string, number>()
  return new Map(
    model.layers.map(({ name, className }) => {
      const key = className
        .replace(/\W+/g, '')
        .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
        .replace(/([a-z])([A-Z])/g, '$1_$2')
        .toLowerCase()
      const count = counts.get(key) ?? 0
      counts.set(key, count + 1)
      return [name, count ? `${key}_${count}` : key]
    }),
  )
}

const callKey = ({ layer, call }: TensorRef) => `${call} ${layer}`

/** A layer that is called once is meant by any number: some versions count calls from outside of the model. */
const sourceKey = (model: KerasModel) => {
  const single = new Set(model.layers.flatMap(({ name, calls }) => (calls.length === 1 ? [name] : [])))
  return (ref: TensorRef) => callKey(single.has(ref.layer) ? { ...ref, call: 0 } : ref)
}

/** Calls every layer of a model, and gives the values of its outputs. */
function runModel(
  build: Build,
  model: KerasModel,
  path: readonly PathStep[],
  given: ReadonlyMap<string, Value>,
): Value[] {
  const { file } = build
  const keys = keysOf(model)
  const source = sourceKey(model)
  const values = new Map(Array.from(given, ([layer, value]) => [callKey({ layer, call: 0 }), value]))
  // Calls wait until all of their inputs are there; what waits for nothing any more would wait forever.
  let waiting = model.layers
    .filter(({ name }) => !given.has(name))
    .flatMap(layer => layer.calls.map((call, at) => ({ layer, call, at })))
  while (waiting.length > 0) {
    const late: typeof waiting = []
    for (const item of waiting) {
      const { layer, call, at } = item
      const inputs = call.map(input => values.get(source(input)))
      if (!inputs.every(input => input !== undefined)) late.push(item)
      else {
        const step = { name: layer.name, key: keys.get(layer.name) as string }
        values.set(callKey({ layer: layer.name, call: at }), callLayer(build, layer, inputs, [...path, step]))
      }
    }
    if (late.length === waiting.length)
      throw malformed(file.name, `layer "${late[0].layer.name}" reads what no layer gives`)
    waiting = late
  }
  return model.outputs.map(output => {
    const value = values.get(source(output))
    if (!value) throw malformed(file.name, `the output "${output.layer}" is given by no layer`)
    return value
  })
}

function callLayer(build: Build, layer: KerasLayer, inputs: readonly Value[], path: readonly PathStep[]): Value {
  const { draft, file, keras } = build
  if (++build.calls > MOST_CALLS) throw malformed(file.name, `its layers are called more than ${MOST_CALLS} times`)
  const name = path.map(step => step.name).join('/')
  const { className, config, model } = layer
  const weights = (roles: readonly string[]): readonly WeightTensor[] => {
    const found = file.weights.of(path, roles)
    if (found.length === roles.length) return found
    const wanted = `needs the weights ${roles.join(', ')}`
    throw damagedLayer(
      scope,
      `${wanted}, but the file has ${found.map(weight => `"${weight.name}"`).join(', ') || 'none'}`,
    )
  }
  const scope: LayerScope = {
    ...{ draft, className, name, inputs, keras, weights },
    settings: settingsOf(config, `${file.name}, layer "${name}"`),
  }
  if (model) {
    if (inputs.length !== model.inputs.length)
      throw damagedLayer(scope, `has ${model.inputs.length} inputs, but gets ${inputs.length}`)
    const outputs = runModel(build, model, path, new Map(model.inputs.map((input, at) => [input.layer, inputs[at]])))
    if (outputs.length !== 1) throw unsupported(scope, `is a model of ${outputs.length} outputs`)
    return outputs[0]
  }
  const rule = ruleOf(className)
  if (!rule) throw unsupported(scope, reasonAgainst(className))
  if (inputs.length === 0) throw malformed(file.name, `nothing flows into layer "${name}"`)
  return rule(scope)
}
