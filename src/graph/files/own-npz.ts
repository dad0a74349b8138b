/** Reads what `graphToNpz` (export.ts) writes. */
import { FormatError } from '../../errors.ts'
import type { WeightTensor } from '../../network/network.ts'
import { offsetsOf } from '../adjacency.ts'
import type { UnitLayer } from '../unit-graph.ts'
import { edgeCollector, MOST_NODES, type SignedWeights } from './edges.ts'
import { type GraphFile, graphOf } from './graph-file.ts'

/** @throws FormatError for arrays that do not fit each other. */
export async function readOwnNpz(
  arrays: ReadonlyMap<string, WeightTensor>,
  where: string,
  signed: SignedWeights,
): Promise<GraphFile> {
  const damaged = (problem: string) => new FormatError('format.graph', `${where}: ${problem}; the file is damaged.`)
  const numbers = async (name: string) => Array.from((await arrays.get(name)?.read())?.data ?? [], Number)
  const lines = async (name: string) => new TextDecoder().decode(Uint8Array.from(await numbers(name))).split('\n')
  const sizes = await numbers('sizes')
  const names = await lines('layer_names_utf8')
  const [roles, kinds] = [await lines('layer_roles_utf8'), await lines('layer_kinds_utf8')]
  const units = sizes.reduce((sum, size) => sum + size, 0)
  if (
    !(sizes.every(size => Number.isInteger(size) && size >= 0) && units <= MOST_NODES && names.length === sizes.length)
  )
    throw damaged(`${names.length} names and sizes ${sizes.slice(0, 20)} of layers`)
  const layers = sizes.map((size, l) => ({
    name: names[l],
    size,
    role: roles[l] === 'input' || roles[l] === 'output' ? roles[l] : 'hidden',
    kind: kinds[l] === 'channel' || kinds[l] === 'head' ? kinds[l] : 'neuron',
  })) satisfies UnitLayer[]
  const offsets = offsetsOf(layers)
  const edges = edgeCollector('list', signed, where)
  for (const name of arrays.keys()) {
    const [, from, to, rest] = /^block_(\d+)_(\d+)(_indptr)?$/.exec(name) ?? []
    if (from === undefined) continue
    const [columns, rows] = [layers[Number(from)]?.size, layers[Number(to)]?.size]
    if (columns === undefined || rows === undefined) throw damaged(`${name} lies between layers that are not there`)
    const add = (row: number, column: number, weight: number) =>
      edges.add(offsets[Number(from)] + column, offsets[Number(to)] + row, weight, () => `${name}, (${row}, ${column})`)
    if (rest) {
      const stem = name.slice(0, -'_indptr'.length)
      const [starts, indices, data] = [
        await numbers(name),
        await numbers(`${stem}_indices`),
        await numbers(`${stem}_data`),
      ]
      if (
        starts.length !== rows + 1 ||
        starts[0] !== 0 ||
        starts[rows] !== data.length ||
        indices.length !== data.length
      )
        throw damaged(`the arrays of ${stem} do not fit ${rows} rows`)
      for (let row = 0; row < rows; row++) {
        if (!(starts[row] <= starts[row + 1])) throw damaged(`row ${row} of ${stem} ends before it begins`)
        for (let at = starts[row]; at < starts[row + 1]; at++) {
          if (!(indices[at] >= 0 && indices[at] < columns))
            throw damaged(`${stem} has column ${indices[at]} of ${columns}`)
          add(row, indices[at], data[at])
        }
      }
    } else {
      const block = arrays.get(name) as WeightTensor
      if (block.shape[0] !== rows || block.shape[1] !== columns || block.shape.length !== 2)
        throw damaged(`${name} has the shape [${block.shape}], not [${rows},${columns}]`)
      const { data } = await block.read()
      for (let row = 0, at = 0; row < rows; row++)
        for (let c = 0; c < columns; c++, at++) if (Number(data[at]) !== 0) add(row, c, Number(data[at]))
    }
  }
  const nodeOf = Int32Array.from({ length: units }, (_, unit) => unit)
  const layerOf = new Int32Array(units)
  layers.forEach((_, l) => {
    layerOf.fill(l, offsets[l], offsets[l + 1])
  })
  const unitOf = nodeOf.map(unit => unit - offsets[layerOf[unit]])
  const nodes = { count: units, layers: () => ({ layers, layerOf, unitOf, nodeOf, isLayered: true }) }
  return graphOf('npz', where, nodes, undefined, edges)
}
