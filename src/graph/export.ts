/**
 * A unit graph as a file: `.npz` for NumPy, a CSV edge list, GraphML for NetworkX, Gephi and igraph. Text comes in
 * chunks, so that a graph of millions of edges never lies in memory as one string.
 */

import { writeNpz } from '../tensor/npz.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { type EdgeBlock, layerOffsets, type UnitGraph } from './unit-graph.ts'

const CHUNK = 1 << 16

/**
 * Arrays: `sizes` [layers]; `layer_names_utf8` the names, one a line, and `layer_roles_utf8`, `layer_kinds_utf8`; block b from layer i to
 * layer j is `block_i_j` [size j × size i] when dense, else `block_i_j_indptr`, `_indices` and `_data` (SciPy's CSR).
 */
export function graphToNpz(graph: UnitGraph): Uint8Array<ArrayBuffer> {
  const arrays: Record<string, Tensor> = {
    sizes: tensor(
      Int32Array.from(graph.layers, layer => layer.size),
      [graph.layers.length],
    ),
  }
  for (const fact of ['name', 'role', 'kind'] as const) {
    const text = new TextEncoder().encode(graph.layers.map(layer => layer[fact]).join('\n'))
    arrays[`layer_${fact}s_utf8`] = tensor(text, [text.length])
  }
  for (const { from, to, edges } of graph.blocks) {
    const key = `block_${from}_${to}`
    if (edges.kind === 'dense') {
      arrays[key] = tensor(edges.values, [graph.layers[to].size, graph.layers[from].size])
    } else {
      arrays[`${key}_indptr`] = tensor(edges.rowStart, [edges.rowStart.length])
      arrays[`${key}_indices`] = tensor(edges.columns, [edges.columns.length])
      arrays[`${key}_data`] = tensor(edges.values, [edges.values.length])
    }
  }
  return writeNpz(arrays)
}

/** `from_layer,from_unit,to_layer,to_unit,weight`, a header line first; unit numbers count within their layer. */
export function* graphToCsv(graph: UnitGraph): Generator<string> {
  const names = graph.layers.map(layer => quoted(layer.name))
  yield* chunked(function* () {
    yield 'from_layer,from_unit,to_layer,to_unit,weight\n'
    for (const block of graph.blocks) {
      for (const [row, column, weight] of edgesOf(graph, block))
        yield `${names[block.from]},${column},${names[block.to]},${row},${weight}\n`
    }
  })
}

/**
 * GraphML, undirected: nodes `n0` … with `layer`, `unit`, `role` and `kind`, edges with `weight`. With labels, nodes also
 * carry `module`.
 * @param labels module of each unit, −1 for none: [units]
 */
export function* graphToGraphMl(graph: UnitGraph, labels?: ArrayLike<number>): Generator<string> {
  const offsets = layerOffsets(graph)
  yield* chunked(function* () {
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for (const key of ['layer', 'role', 'kind']) yield declaration(key, 'node', 'string')
    yield declaration('unit', 'node', 'int')
    if (labels) yield declaration('module', 'node', 'int')
    yield declaration('weight', 'edge', 'double')
    yield '<graph edgedefault="undirected">\n'
    for (const [l, { name, role, kind, size }] of graph.layers.entries()) {
      const shared = `${datum('layer', escaped(name))}${datum('role', role)}${datum('kind', kind)}`
      for (let unit = 0; unit < size; unit++) {
        const module = labels ? datum('module', labels[offsets[l] + unit]) : ''
        yield `<node id="n${offsets[l] + unit}">${shared}${datum('unit', unit)}${module}</node>\n`
      }
    }
    for (const block of graph.blocks) {
      for (const [row, column, weight] of edgesOf(graph, block)) {
        const [source, target] = [offsets[block.from] + column, offsets[block.to] + row]
        yield `<edge source="n${source}" target="n${target}">${datum('weight', weight)}</edge>\n`
      }
    }
    yield '</graph>\n</graphml>\n'
  })
}

/** Row, column and weight of each edge, one at a time. */
function* edgesOf(graph: UnitGraph, { from, to, edges }: EdgeBlock): Generator<[number, number, number]> {
  const columns = graph.layers[from].size
  for (let row = 0; row < graph.layers[to].size; row++) {
    const start = edges.kind === 'dense' ? row * columns : edges.rowStart[row]
    const end = edges.kind === 'dense' ? start + columns : edges.rowStart[row + 1]
    for (let at = start; at < end; at++)
      if (edges.values[at] !== 0) yield [row, edges.kind === 'dense' ? at - start : edges.columns[at], edges.values[at]]
  }
}

function* chunked(lines: () => Generator<string>): Generator<string> {
  let chunk = ''
  for (const line of lines()) {
    chunk += line
    if (chunk.length < CHUNK) continue
    yield chunk
    chunk = ''
  }
  if (chunk) yield chunk
}

function declaration(name: string, scope: 'node' | 'edge', type: string): string {
  return `<key id="${name}" for="${scope}" attr.name="${name}" attr.type="${type}"/>\n`
}

function datum(key: string, value: string | number): string {
  return `<data key="${key}">${value}</data>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
