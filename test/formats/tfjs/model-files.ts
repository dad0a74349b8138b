/** TensorFlow.js models in memory: a `model.json` and its shards, written as the converter does. */
import { type MemorySourceOptions, memorySource } from '../../../src/formats/memory-source.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import type { ByteSource } from '../../../src/formats/source.ts'
import type { Network } from '../../../src/network/network.ts'

export interface NodeInit {
  readonly name: string
  readonly op: string
  readonly input?: readonly string[]
  readonly attr?: Readonly<Record<string, unknown>>
}

export interface WeightInit {
  readonly shape: readonly number[]
  readonly values: readonly number[]
  readonly dtype?: 'float32' | 'int32' | 'bool'
}

export const ints = (...values: readonly number[]) => ({ list: { i: values.map(String) } })
export const int = (value: number) => ({ i: String(value) })
export const float = (value: number) => ({ f: value })
export const flag = (value: boolean) => ({ b: value })
export const text = (value: string) => ({ s: btoa(value) })
export const texts = (...values: readonly string[]) => ({ list: { s: values.map(value => btoa(value)) } })
export const type = (name: string) => ({ type: name })

export const node = (
  name: string,
  op: string,
  input: readonly string[] = [],
  attr: Readonly<Record<string, unknown>> = {},
): NodeInit => ({ name, op, input, attr })

export const placeholder = (name: string, shape: readonly number[], dtype = 'DT_FLOAT') =>
  node(name, 'Placeholder', [], {
    dtype: type(dtype),
    shape: { shape: { dim: shape.map(size => ({ size: String(size) })) } },
  })

/** Numbers in [−1, 1] that look random and are the same everywhere. */
export function noise(shape: readonly number[], seed = 0): WeightInit {
  const count = shape.reduce((product, size) => product * size, 1)
  const values = Array.from({ length: count }, (_, i) => {
    const mixed = Math.imul((i + 1) ^ (seed << 16), 0x9e3779b1)
    return (((mixed ^ (mixed >>> 15)) >>> 0) % 2001) / 1000 - 1
  })
  return { shape, values }
}

export const vector = (...values: readonly number[]): WeightInit => ({ shape: [values.length], values, dtype: 'int32' })
export const scalar = (value: number): WeightInit => ({ shape: [], values: [value], dtype: 'int32' })

export interface Model {
  readonly json: Record<string, unknown>
  readonly files: Readonly<Record<string, Uint8Array>>
}

/** A graph model whose constants are the weights; the last node is the output. */
export function graphModel(nodes: readonly NodeInit[], weights: Readonly<Record<string, WeightInit>>): Model {
  const constants = Object.keys(weights).map(name => node(name, 'Const', [], { dtype: type('DT_FLOAT') }))
  const specs = Object.entries(weights).map(([name, { shape, dtype = 'float32' }]) => ({ name, shape, dtype }))
  const parts = Object.values(weights).map(({ values, dtype }) =>
    dtype === 'bool'
      ? Uint8Array.from(values)
      : new Uint8Array((dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)).buffer),
  )
  const output = nodes[nodes.length - 1].name
  const json = {
    format: 'graph-model',
    generatedBy: '2.20.0',
    convertedBy: 'TensorFlow.js Converter v4',
    signature: { outputs: { output_0: { name: `${output}:0` } } },
    modelTopology: { node: [...constants, ...nodes], library: {}, versions: {} },
    weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: specs }],
  }
  return { json, files: { 'group1-shard1of1.bin': joined(parts) } }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

export function sourceOf({ json, files }: Model, options: MemorySourceOptions = {}): ByteSource {
  const bytes = new TextEncoder().encode(JSON.stringify(json))
  return memorySource(bytes, { name: 'model.json', siblings: files, ...options })
}

export const openModel = (model: Model): Promise<Network> => openNetwork(sourceOf(model))
