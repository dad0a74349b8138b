/** The analysis as tables: one row per unit, per module and layer, per shuffled network, per lesion. For CSV and Parquet. */
import type { Analysis } from './analysis.ts'
import { functionTables } from './functional/function-tables.ts'

/** A column of one type; `data` holds one value a row. */
export type Column =
  | { readonly name: string; readonly type: 'integer'; readonly data: Int32Array }
  | { readonly name: string; readonly type: 'number'; readonly data: Float64Array }
  | { readonly name: string; readonly type: 'text'; readonly data: readonly string[] }

export interface Table {
  /** File stem: `units`, `modules`, `nulls`; with a functional part `sub_modules`, `lesions` … */
  readonly name: string
  readonly columns: readonly Column[]
}

export function analysisTables(analysis: Analysis): Table[] {
  return [unitsTable(analysis), modulesTable(analysis), nullsTable(analysis), ...functionTables(analysis)]
}

/** Module and confidence are −1 for units that were left out. */
function unitsTable({ layers, unitNames, partition, stability, functional }: Analysis): Table {
  const acting = functional?.activations
  const place = layers.flatMap(layer =>
    Array.from({ length: layer.size }, (_, index) => ({ layer: layer.name, index })),
  )
  return {
    name: 'units',
    columns: [
      { name: 'unit', type: 'integer', data: Int32Array.from(place.keys()) },
      { name: 'layer', type: 'text', data: place.map(({ layer }) => layer) },
      { name: 'index', type: 'integer', data: Int32Array.from(place, ({ index }) => index) },
      ...(unitNames ? [{ name: 'name', type: 'text' as const, data: unitNames }] : []),
      { name: 'module', type: 'integer', data: Int32Array.from(partition.labels) },
      { name: 'confidence', type: 'number', data: Float64Array.from(stability.confidence) },
      { name: 'degree', type: 'number', data: Float64Array.from(partition.degrees) },
      ...(acting
        ? [{ name: 'activation_module', type: 'integer', data: Int32Array.from(acting.labels) } as const]
        : []),
    ],
  }
}

/** One row for each module and layer, zeros included; the n-cut term is the module's, the same in all its rows. */
function modulesTable({ layers, partition }: Analysis): Table {
  const rows = partition.ncutTerms.flatMap((ncutTerm, module) =>
    layers.map(layer => ({ module, layer: layer.name, units: layer.perModule[module], ncutTerm })),
  )
  return {
    name: 'modules',
    columns: [
      { name: 'module', type: 'integer', data: Int32Array.from(rows, row => row.module) },
      { name: 'layer', type: 'text', data: rows.map(row => row.layer) },
      { name: 'units', type: 'integer', data: Int32Array.from(rows, row => row.units) },
      { name: 'ncut_term', type: 'number', data: Float64Array.from(rows, row => row.ncutTerm) },
    ],
  }
}

function nullsTable({ verdict }: Analysis): Table {
  const rows = verdict.comparisons.flatMap(comparison =>
    comparison.ncuts.map((ncut, draw) => ({ null: comparison.null, draw, ncut })),
  )
  return {
    name: 'nulls',
    columns: [
      { name: 'null', type: 'text', data: rows.map(row => row.null) },
      { name: 'draw', type: 'integer', data: Int32Array.from(rows, row => row.draw) },
      { name: 'ncut', type: 'number', data: Float64Array.from(rows, row => row.ncut) },
    ],
  }
}
