/**
 * Graphs as CSV, told apart by the first record:
 * - `source,target` and, if edges have weights, `weight`: a list of edges, nodes by name; other columns are not read;
 * - `from_layer,from_unit,to_layer,to_unit,weight`: what `lobes cluster --graph FILE.csv` writes. Such a list holds no units
 *   without edges; the others are called layer/unit;
 * - numbers: an adjacency matrix, a row a line; or with names in the first line and column, as pandas writes it.
 */
import { FormatError } from '../../errors.ts'
import type { ByteSource } from '../../formats/source.ts'
import { type CsvRecord, csvRecords } from './csv-records.ts'
import { edgeCollector, type SignedWeights } from './edges.ts'
import { type GraphFile, graphOf } from './graph-file.ts'
import { nodeTable } from './nodes.ts'
import { textChunks } from './text-chunks.ts'

const OWN = 'from_layer,from_unit,to_layer,to_unit,weight'

/** @throws FormatError for what is none of these, with the line; UsageError for negative weights and asymmetric matrices. */
export async function readCsvGraph(source: ByteSource, signed: SignedWeights): Promise<GraphFile> {
  const records = csvRecords(textChunks(source), source.name)
  const first = await records.next()
  if (first.done) throw new FormatError('format.empty', `${source.name} is empty.`)
  const head = first.value.fields.map(field => field.toLowerCase())
  const [weight, width] = [head.indexOf('weight'), head.length]
  const columns: Columns | undefined =
    head.join() === OWN
      ? { ends: [1, 3], layers: [0, 2], weight, width }
      : head.includes('source') && head.includes('target')
        ? { ends: [head.indexOf('source'), head.indexOf('target')], weight, width }
        : undefined
  if (columns) return edgeList(columns, records, source.name, signed)
  return matrix(first.value, records, source.name, signed)
}

type Records = AsyncGenerator<CsvRecord>

/** Columns of a list of edges; without `layers` and units the ends are names. */
interface Columns {
  readonly ends: readonly [number, number]
  readonly layers?: readonly [number, number]
  /** −1 where there is none. */
  readonly weight: number
  readonly width: number
}

async function edgeList(columns: Columns, records: Records, where: string, signed: SignedWeights): Promise<GraphFile> {
  const nodes = nodeTable(where)
  const names: string[] = []
  const edges = edgeCollector('list', signed, where)
  const node = (fields: readonly string[], end: 0 | 1) => {
    const layer = columns.layers && fields[columns.layers[end]]
    const own = fields[columns.ends[end]]
    const name = layer === undefined ? own : `${layer}/${own}`
    const index = nodes.index(name)
    if (index < names.length) return index
    names.push(name)
    if (layer !== undefined) nodes.place(index, layer)
    return index
  }
  for await (const { fields, line } of records) {
    if (fields.length !== columns.width)
      throw damaged(where, line, `${fields.length} fields, but the first line has ${columns.width}`)
    const weight = columns.weight < 0 ? 1 : numberIn(fields[columns.weight], line, where)
    edges.add(node(fields, 0), node(fields, 1), weight, () => `line ${line}`)
  }
  const found = graphOf('csv', where, nodes, names, edges)
  return columns.weight < 0 ? { ...found, notes: [...found.notes, 'The edges have no weights: each counts 1.'] } : found
}

/** The first record names the columns, or is the first row. */
async function matrix(first: CsvRecord, records: Records, where: string, signed: SignedWeights): Promise<GraphFile> {
  const isNamed = !first.fields.every(isNumber)
  if (isNamed && first.fields[0] !== '')
    throw new FormatError(
      'format.csv',
      `${where} begins with "${first.fields.slice(0, 5).join(',')}": a list of edges begins with the line source,target,weight, ` +
        'a matrix with numbers, or with an empty field and the names of the nodes.',
    )
  const names = isNamed ? first.fields.slice(1) : undefined
  const size = names?.length ?? first.fields.length
  const nodes = nodeTable(where)
  for (let n = 0; n < size; n++) nodes.index(names?.[n] ?? String(n))
  if (nodes.count < size) throw damaged(where, first.line, 'two nodes of the same name')
  const edges = edgeCollector('matrix', signed, where)
  let row = 0
  const addRow = ({ fields, line }: CsvRecord) => {
    if (row >= size) throw damaged(where, line, `more rows than the ${size} columns`)
    const values = isNamed ? fields.slice(1) : fields
    if (values.length !== size) throw damaged(where, line, `${values.length} values in a matrix of ${size} columns`)
    if (isNamed && fields[0] !== names?.[row])
      throw damaged(where, line, `row "${fields[0]}" where column "${names?.[row]}" is`)
    const place = () => `line ${line}`
    for (let column = 0; column < size; column++) edges.add(row, column, numberIn(values[column], line, where), place)
    row++
  }
  if (!isNamed) addRow(first)
  for await (const record of records) addRow(record)
  if (row < size) throw damaged(where, 1, `${row} rows and ${size} columns; a matrix of a graph is square`)
  return graphOf('csv', where, nodes, names, edges)
}

function isNumber(field: string): boolean {
  return field !== '' && Number.isFinite(Number(field))
}

function numberIn(field: string, line: number, where: string): number {
  if (!isNumber(field)) throw damaged(where, line, `"${field.slice(0, 40)}" where a number should be`)
  return Number(field)
}

function damaged(where: string, line: number, problem: string): FormatError {
  return new FormatError('format.csv', `${where}, line ${line}: ${problem}.`)
}
