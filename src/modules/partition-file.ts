/**
 * Partitions as files: the JSON that `lobes cluster`, `test` and `analyze` give; a CSV with a column `module` (or `label`) and, for
 * layers, `layer`, such as the report's units.csv; an npz with an array `labels` (or `modules`).
 */
import { FormatError } from '../errors.ts'
import { parseJson } from '../formats/json.ts'
import { readNpz } from '../formats/npz.ts'
import type { ByteSource } from '../formats/source.ts'
import { csvRecords } from '../graph/files/csv-records.ts'
import { textChunks } from '../graph/files/text-chunks.ts'
import type { UnitLayer } from '../graph/unit-graph.ts'
import type { LayeredPartition } from './compare-modules.ts'

const MOST_BYTES = 2 ** 28

/**
 * Undefined for files that hold no partition. Without layers in the file all units are one layer, called `units`.
 * @throws FormatError for labels that are no whole numbers from −1 up, or do not fit the layers.
 */
export async function openPartition(source: ByteSource): Promise<LayeredPartition | undefined> {
  const name = source.name.toLowerCase()
  if (source.byteLength > MOST_BYTES) return undefined
  if (name.endsWith('.json')) return fromJson(source)
  if (name.endsWith('.csv')) return fromCsv(source)
  return name.endsWith('.npz') ? fromNpz(source) : undefined
}

async function fromJson(source: ByteSource): Promise<LayeredPartition | undefined> {
  const document = parseJson(await source.slice(0, source.byteLength), source.name)
  const { partition, layers } = document as { partition?: { labels?: unknown }; layers?: unknown }
  const labels = document.labels ?? partition?.labels
  if (!Array.isArray(labels)) return undefined
  return checked(source.name, labels, Array.isArray(layers) ? layers : [])
}

async function fromCsv(source: ByteSource): Promise<LayeredPartition | undefined> {
  const records = csvRecords(textChunks(source), source.name)
  const first = await records.next()
  const head = first.done ? [] : first.value.fields.map(field => field.toLowerCase())
  const column = head.indexOf('module') >= 0 ? head.indexOf('module') : head.indexOf('label')
  if (column < 0 || head.includes('source')) return undefined
  const layerColumn = head.indexOf('layer')
  const labels: number[] = []
  const layers: { name: string; size: number }[] = []
  for await (const { fields, line } of records) {
    if (fields.length !== head.length || !/^-?\d+$/.test(fields[column]))
      throw new FormatError('format.csv', `${source.name}, line ${line}: "${fields[column]}" is no number of a module.`)
    labels.push(Number(fields[column]))
    if (layerColumn < 0) continue
    const last = layers.at(-1)
    if (last?.name === fields[layerColumn]) last.size++
    else layers.push({ name: fields[layerColumn], size: 1 })
  }
  return checked(source.name, labels, layers)
}

async function fromNpz(source: ByteSource): Promise<LayeredPartition | undefined> {
  const [array] = await readNpz(source, name => name === 'labels' || name === 'modules').catch(() => [])
  if (array?.shape.length !== 1) return undefined
  return checked(source.name, Array.from((await array.read()).data, Number), [])
}

interface NamedSize {
  readonly name?: unknown
  readonly size?: unknown
  readonly kind?: unknown
}

function checked(name: string, labels: readonly unknown[], layers: readonly NamedSize[]): LayeredPartition {
  labels.forEach((label, unit) => {
    if (!(Number.isInteger(label) && (label as number) >= -1 && (label as number) < labels.length))
      throw new FormatError(
        'format.partition',
        `${name}: unit ${unit} is in module ${label}; modules are whole numbers from 0, below the number of units, or −1 for none.`,
      )
  })
  const sizes = layers.map(({ name: own, size, kind }, l) => {
    if (!(Number.isInteger(size) && (size as number) >= 0))
      throw new FormatError('format.partition', `${name}: layer ${l} has size ${size}.`)
    return { name: String(own), size: size as number, ...(isKind(kind) && { kind }) }
  })
  const units = sizes.reduce((sum, { size }) => sum + size, 0)
  if (sizes.length > 0 && units !== labels.length)
    throw new FormatError('format.partition', `${name}: ${labels.length} labels, but its layers have ${units} units.`)
  return {
    name,
    layers: sizes.length > 0 ? sizes : [{ name: 'units', size: labels.length }],
    labels: Int32Array.from(labels as number[]),
  }
}

function isKind(kind: unknown): kind is UnitLayer['kind'] {
  return kind === 'neuron' || kind === 'channel' || kind === 'head'
}
