/**
 * A transformer in an operator graph. The walk (attention-walk.ts) says what every matrix reads; here each gets its part:
 * what reads the stream through queries, keys and values and comes back through an output is attention; what reads it and
 * comes back through one more matrix is a perceptron; a matrix that reads it last is the output. A graph in which anything
 * is left without a part is not taken for a transformer.
 */
import type { Network } from '../../network/network.ts'
import type { Attention, Mlp, StreamInput, StreamOutput, Transformer } from '../../network/transformer.ts'
import { FIXED } from '../gauge.ts'
import type { WalkState } from '../walk-state.ts'
import { type AttentionWalk, attentionWalk, type Mixing, onlyTerm, type Place } from './attention-walk.ts'
import {
  headsOf,
  type MatrixPlace,
  matrixMap,
  normOfPlace,
  patchInput,
  pickedMap,
  rescaledMap,
} from './operator-maps.ts'
import { type Part, stepsFrom } from './step-order.ts'
import { type StreamView, sameReading, viewOf } from './stream-view.ts'

/** The transformer in the graph, or undefined. */
export async function recogniseTransformer(network: Network): Promise<Transformer | undefined> {
  if (!network.operators.some(({ type }) => type === 'Softmax')) return undefined
  const walk = await attentionWalk(network)
  const found = walk.mixings.length > 0 ? partsOf(walk) : undefined
  const ordered = found && stepsFrom(found.parts, [...found.inputs.keys()], walk)
  if (!ordered) return undefined
  const { width, inputs, output } = found
  const normOf = (view: StreamView | undefined) =>
    view?.norm && !ordered.behind ? { norm: normOfPlace(view.norm, width, walk.state) } : {}
  const onStream = (layer: number | undefined) => {
    const place = layer === undefined ? undefined : walk.places.get(layer)
    return place?.kind === 'norm' ? { norm: normOfPlace(place, width, walk.state) } : {}
  }
  return {
    width,
    inputs: [...inputs.values()].filter(input => input !== undefined),
    steps: ordered.steps.map(({ parts, norm }) => ({
      parts: parts.map(({ make, view }) => ({ ...make, ...normOf(view) })),
      ...onStream(norm),
    })),
    output: { ...output.make, ...normOf(output.view) },
  }
}

interface Found {
  readonly width: number
  /** By layer of the walk; undefined for words. */
  readonly inputs: ReadonlyMap<number, StreamInput | undefined>
  readonly parts: readonly Part[]
  readonly output: { readonly make: StreamOutput; readonly view?: StreamView }
}

interface Reader {
  readonly place: MatrixPlace
  readonly view: StreamView
}

/** What is known on the way through the layers of the walk. */
interface Draft {
  readonly walk: AttentionWalk
  readonly inputs: Map<number, StreamInput | undefined>
  readonly readers: Map<number, Reader>
  readonly parts: Part[]
  /** Layers that write to the stream or stand on it. */
  readonly stream: Set<number>
  /** Readers that have their part. */
  readonly used: Set<number>
}

function partsOf(walk: AttentionWalk): Found | undefined {
  const { state, places } = walk
  const draft: Draft = { walk, inputs: new Map(), readers: new Map(), parts: [], stream: new Set(), used: new Set() }
  for (const [layer, place] of places) if (!placed(layer, place, draft)) return undefined
  const { inputs, parts, readers, used } = draft
  if (parts.length === 0) return undefined
  const width = state.layers[parts[0].writer].size
  const left = [...readers].filter(([layer]) => !used.has(layer))
  if (left.length > 1 || !parts.every(({ writer }) => state.layers[writer].size === width)) return undefined
  if (left.length === 0) return { width, inputs, parts, output: { make: { name: 'output' } } }
  const [[last, { place, view }]] = left
  const { name, size } = state.layers[last]
  // As many rows as a table of words has: these units would be the vocabulary.
  const isVocabulary = [...places.values()].some(one => one.kind === 'words' && one.rows === size)
  return {
    width,
    inputs,
    parts,
    output: { make: isVocabulary ? { name } : { name, reads: matrixMap(place, state) }, view },
  }
}

/** Gives a layer its part; false where there is none for it. */
function placed(layer: number, place: Place, draft: Draft): boolean {
  const { walk, inputs, readers, parts, stream, used } = draft
  const { state, mixings, places } = walk
  if (place.kind === 'gated') return true
  if (place.kind === 'patches' || place.kind === 'words') {
    inputs.set(layer, place.kind === 'patches' ? patchInput(place.weight, place.input, state) : undefined)
    stream.add(layer)
    return true
  }
  const sources = place.signal.terms.map(term => term.layer)
  const readsStream = sources.length > 0 && sources.every(source => stream.has(source))
  if (place.kind === 'scaled') {
    const at = parts.findIndex(({ writer }) => writer === sources[0])
    if (at >= 0) parts[at] = rescaled(parts[at], place.factors, layer, state)
    stream.add(layer)
    return at >= 0
  }
  if (place.kind !== 'matrix') {
    stream.add(layer)
    return readsStream
  }
  if (readsStream) {
    const view = viewOf(place.signal, place.axis, walk)
    if (view) readers.set(layer, { place, view })
    return view !== undefined
  }
  if (sources.every(source => state.layers[source].operator === undefined)) {
    const { name } = state.layers[sources[0]]
    const map = matrixMap(place, state)
    const writes = { rows: map.columns, columns: map.rows, read: () => turned(map.read(), map.rows, map.columns) }
    inputs.set(layer, { name, kind: 'neuron', units: map.columns, writes })
    stream.add(layer)
    return true
  }
  const mixing = mixings.find(({ value }) => value.terms[0].layer === sources[0])
  const part = mixing ? attentionPart(mixing, place, layer, draft) : mlpPart(place, layer, draft, places)
  if (!part) return false
  for (const reader of part.readers) used.add(reader)
  stream.add(layer)
  parts.push(part)
  return true
}

async function turned(values: Promise<Float64Array>, rows: number, columns: number): Promise<Float64Array> {
  const given = await values
  return given.map((_, at) => given[(at % rows) * columns + Math.floor(at / rows)])
}

function rescaled(part: Part, factors: string, layer: number, state: WalkState): Part {
  const { make } = part
  if (make.kind === 'attention')
    return { ...part, writer: layer, make: { ...make, output: rescaledMap(make.output, factors, state) } }
  const experts = make.experts.map(expert => ({ ...expert, down: rescaledMap(expert.down, factors, state) }))
  return { ...part, writer: layer, make: { ...make, experts } }
}

function attentionPart(mixing: Mixing, out: MatrixPlace, writer: number, { readers, walk }: Draft): Part | undefined {
  const layers = [mixing.query, mixing.key, mixing.value].map(signal => signal.terms[0].layer)
  const [query, key, value] = layers.map(layer => readers.get(layer))
  const heads = headsOf(mixing, out)
  if (!heads || !query || !key || !value) return undefined
  if (!sameReading(query.view, key.view) || !sameReading(query.view, value.view)) return undefined
  const make: Attention = {
    kind: 'attention',
    name: mixing.name,
    heads: heads.count,
    keyHeads: heads.count,
    query: pickedMap(query.place, heads.query, walk.state),
    key: pickedMap(key.place, heads.key, walk.state),
    value: pickedMap(value.place, heads.value, walk.state),
    output: matrixMap(out, walk.state),
  }
  return { make, writer, view: query.view, readers: layers }
}

function mlpPart(down: MatrixPlace, writer: number, draft: Draft, places: AttentionWalk['places']): Part | undefined {
  const { readers } = draft
  const { state } = draft.walk
  const hidden = onlyTerm(down.signal)?.layer
  const gated = hidden === undefined ? undefined : places.get(hidden)
  const layers = gated?.kind === 'gated' ? [gated.up, gated.gate] : hidden === undefined ? [] : [hidden]
  const [up, gate] = layers.map(layer => readers.get(layer))
  if (!up || (layers.length > 1 && (!gate || !sameReading(up.view, gate.view)))) return undefined
  const activated = layers[layers.length - 1]
  const expert = {
    up: matrixMap(up.place, state),
    ...(gate && { gate: matrixMap(gate.place, state) }),
    down: matrixMap(down, state),
  }
  const homogeneous = state.layers[activated].gauge.every(variable => state.gauge.find(variable) !== FIXED)
  const make: Mlp = { kind: 'mlp', name: state.layers[activated].name, homogeneous, experts: [expert] }
  return { make, writer, view: up.view, readers: layers }
}
