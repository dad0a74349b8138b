/**
 * Graphs as NumPy's files, told apart by the names and shapes of their arrays:
 * - `scipy.sparse.save_npz` of a csr, csc or coo matrix: `indptr`, `indices`, `data`, `shape` or `row`, `col`, `data`, `shape`;
 * - `sizes`, `layer_names_utf8` and blocks: what `lobes cluster --graph FILE.npz` writes;
 * - an array called `adjacency`, or a symmetric matrix alone, in `.npz` or `.npy`: an adjacency matrix. Matrices of
 *   weights are not symmetric, so they are not taken for graphs.
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import { readNpyFile, readNpz } from '../../formats/npz.ts'
import type { ByteSource } from '../../formats/source.ts'
import type { WeightTensor } from '../../network/network.ts'
import { edgeCollector, MOST_NODES, type SignedWeights } from './edges.ts'
import { type GraphFile, graphOf } from './graph-file.ts'
import { readOwnNpz } from './own-npz.ts'

/** Undefined for files that hold something else, such as weights. */
export async function readNpzGraph(source: ByteSource, signed: SignedWeights): Promise<GraphFile | undefined> {
  const first = await source.slice(0, 1)
  if (first[0] !== 0x50) return denseMatrix(await readNpyFile(source), 'npy', source.name, signed)
  // `format` is a string in SciPy's files, which no array of numbers is.
  const arrays = new Map((await readNpz(source, name => name !== 'format')).map(array => [array.name, array]))
  const has = (...names: readonly string[]) => names.every(name => arrays.has(name))
  if (has('shape', 'data') && (has('indptr', 'indices') || has('row', 'col') || has('offsets')))
    return sparseMatrix(arrays, source.name, signed)
  if (has('sizes', 'layer_names_utf8')) return readOwnNpz(arrays, source.name, signed)
  const named = arrays.get('adjacency')
  if (named) return denseMatrix(named, 'npz', source.name, signed, true)
  return arrays.size === 1 ? denseMatrix([...arrays.values()][0], 'npz', source.name, signed) : undefined
}

async function denseMatrix(
  array: WeightTensor,
  format: string,
  where: string,
  signed: SignedWeights,
  isGraph = false,
): Promise<GraphFile | undefined> {
  const [size, columns] = array.shape
  if (array.shape.length !== 2 || size !== columns || size > MOST_NODES) {
    if (!isGraph) return undefined
    throw new FormatError(
      'format.adjacency',
      `${where}: "${array.name}" has the shape [${array.shape}]; an adjacency matrix is square.`,
    )
  }
  const values = (await array.read()).data
  if (!isGraph && !isSymmetric(values as ArrayLike<number>, size)) return undefined
  const edges = edgeCollector('matrix', signed, where)
  for (let r = 0; r < size; r++)
    for (let c = 0; c < size; c++) {
      const weight = Number(values[r * size + c])
      if (weight !== 0) edges.add(r, c, weight, () => `entry (${r}, ${c})`)
    }
  return graphOf(format, where, unnamed(size), undefined, edges)
}

function isSymmetric(values: ArrayLike<number | bigint>, size: number): boolean {
  for (let r = 1; r < size; r++)
    for (let c = 0; c < r; c++) if (values[r * size + c] !== values[c * size + r]) return false
  return size > 1
}

async function sparseMatrix(
  arrays: ReadonlyMap<string, WeightTensor>,
  where: string,
  signed: SignedWeights,
): Promise<GraphFile> {
  const read = async (name: string) => {
    const array = arrays.get(name) as WeightTensor
    if (array.shape.length !== 1)
      throw new UnsupportedError(
        'unsupported.sparse',
        `${where}: "${name}" has the shape [${array.shape}]; save the matrix as csr, csc or coo.`,
      )
    return (await array.read()).data
  }
  if (arrays.has('offsets'))
    throw new UnsupportedError(
      'unsupported.sparse',
      `${where} holds a matrix by diagonals; save it with .tocsr() first.`,
    )
  const damaged = (problem: string) => new FormatError('format.sparse', `${where}: ${problem}; the file is damaged.`)
  const [shape, data] = [Array.from(await read('shape'), Number), await read('data')]
  const [size] = shape
  if (shape.length !== 2 || shape[1] !== size)
    throw new FormatError(
      'format.adjacency',
      `${where} holds a matrix of shape [${shape}]; an adjacency matrix is square.`,
    )
  if (!(size <= MOST_NODES)) throw damaged(`${size} rows are more than the ${MOST_NODES} that fit here`)
  const inRange = (index: number) => {
    if (!(Number.isInteger(index) && index >= 0 && index < size))
      throw damaged(`index ${index} in a matrix of ${size} rows`)
    return index
  }
  const edges = edgeCollector('matrix', signed, where)
  const add = (row: number, column: number, at: number) =>
    edges.add(row, inRange(column), Number(data[at]), () => `entry (${row}, ${column})`)
  if (arrays.has('row')) {
    const [rows, columns] = [await read('row'), await read('col')]
    if (rows.length !== data.length || columns.length !== data.length) throw damaged('its arrays differ in length')
    for (let at = 0; at < data.length; at++) add(inRange(Number(rows[at])), Number(columns[at]), at)
  } else {
    const [starts, indices] = [await read('indptr'), await read('indices')]
    if (
      starts.length !== size + 1 ||
      Number(starts[0]) !== 0 ||
      Number(starts[size]) !== data.length ||
      indices.length !== data.length
    )
      throw damaged(`its ${starts.length} row starts do not fit ${size} rows and ${data.length} values`)
    for (let row = 0; row < size; row++) {
      const [start, end] = [Number(starts[row]), Number(starts[row + 1])]
      if (!(start <= end && end <= data.length)) throw damaged(`row ${row} begins at ${start} and ends at ${end}`)
      for (let at = start; at < end; at++) add(row, Number(indices[at]), at)
    }
  }
  return graphOf('npz', where, unnamed(size), undefined, edges)
}

/** Nodes that have numbers for names, in one layer. */
function unnamed(size: number) {
  const numbers = Int32Array.from({ length: size }, (_, n) => n)
  const layers = [{ name: 'units', role: 'hidden', kind: 'neuron', size } as const]
  return {
    count: size,
    layers: () => ({ layers, layerOf: new Int32Array(size), unitOf: numbers, nodeOf: numbers, isLayered: false }),
  }
}
