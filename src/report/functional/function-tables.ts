/** The functional part as tables: one row per sub-module, per lesion, per class, per pair. What is no number is NaN. */

import type { CoherenceRecord } from '../../modules/coherence/coherence-record.ts'
import type { CoherenceStudy } from '../../modules/coherence/coherence-study.ts'
import type { Comparison } from '../../modules/coherence/comparison.ts'
import type { Analysis } from '../analysis.ts'
import type { Column, Table } from '../tables.ts'
import type { ControlRecord, FunctionalAnalysis, LesionedSubModule } from './functional-analysis.ts'

/** None where the analysis has no functional part. */
export function functionTables({ functional }: Analysis): Table[] {
  if (!functional) return []
  const pairs = functional.doubles ? [pairsTable(functional)] : []
  return [subModulesTable(functional), lesionsTable(functional), classesTable(functional), ...pairs]
}

const integers = (name: string, data: readonly number[]): Column => ({
  name,
  type: 'integer',
  data: Int32Array.from(data),
})
const numbers = (name: string, data: readonly (number | null | undefined)[]): Column => ({
  name,
  type: 'number',
  data: Float64Array.from(data, value => value ?? Number.NaN),
})
const texts = (name: string, data: readonly string[]): Column => ({ name, type: 'text', data })

function subModulesTable({ lesions: { subModules }, coherence }: FunctionalAnalysis): Table {
  const number = (name: string, of: (one: LesionedSubModule) => number | null | undefined) =>
    numbers(name, subModules.map(of))
  const test = (name: 'macro' | 'range' | 'loss', column: string) => [
    number(`${column}_p`, one => one[name]?.conservative),
    number(`${column}_mid_p`, one => one[name]?.mid),
    integers(
      `${column}_ties`,
      subModules.map(one => one[name]?.ties ?? 0),
    ),
    integers(
      `${column}_missing`,
      subModules.map(one => one[name]?.missing ?? 0),
    ),
  ]
  return {
    name: 'sub_modules',
    columns: [
      ...placeColumns(subModules),
      integers(
        'units',
        subModules.map(one => one.units.length),
      ),
      number('share', one => one.share),
      texts(
        'kind',
        subModules.map(one => one.kind),
      ),
      ...scoreColumns(subModules.map(one => one.lesion)),
      number('importance_effect', one => one.effect.macro),
      number('unevenness_effect', one => one.effect.range),
      ...test('macro', 'importance'),
      ...test('range', 'unevenness'),
      ...test('loss', 'loss'),
      ...(coherence ? coherenceColumns(coherence, subModules) : []),
    ],
  }
}

/** NaN where a sub-module was lesioned but is too large or too small for coherence. */
function coherenceColumns({ subModules }: CoherenceStudy, lesioned: readonly LesionedSubModule[]): Column[] {
  const records = lesioned.map(({ layer, module }) =>
    subModules.find(record => record.layer === layer && record.module === module),
  )
  const three = (name: string, of: (record: CoherenceRecord) => Comparison | null | undefined) => {
    const found = records.map(record => record && of(record))
    return [
      numbers(
        name,
        found.map(one => one?.value),
      ),
      numbers(
        `${name}_effect`,
        found.map(one => one?.effect),
      ),
      numbers(
        `${name}_p`,
        found.map(one => one?.test.conservative),
      ),
      numbers(
        `${name}_mid_p`,
        found.map(one => one?.test.mid),
      ),
    ]
  }
  return [
    ...three('picture_score', record => record.score),
    ...three('picture_entropy', record => record.entropy),
    ...three('dispersion', record => record.dispersion),
    ...three('label_entropy', record => record.top?.labelEntropy),
    texts(
      'top_inputs',
      records.map(record => record?.top?.examples.join(' ') ?? ''),
    ),
  ]
}

/** `draw` is −1 for the sub-module's own lesion; the first row is the whole network. */
function lesionsTable({ lesions }: FunctionalAnalysis): Table {
  const rows = lesionRows(lesions)
  return {
    name: 'lesions',
    columns: [...rowColumns(rows), ...scoreColumns(rows.map(row => row.record))],
  }
}

function classesTable({ lesions, data }: FunctionalAnalysis): Table {
  const rows = lesionRows(lesions).flatMap(row =>
    row.record.classes.map((value, c) => ({ ...row, value, name: data.classes[c] })),
  )
  return {
    name: 'lesion_classes',
    columns: [
      ...rowColumns(rows),
      texts(
        'class',
        rows.map(row => row.name),
      ),
      numbers(
        'score',
        rows.map(row => row.value),
      ),
    ],
  }
}

interface LesionRow {
  readonly of: 'intact' | 'lesion' | 'control'
  readonly name: string
  readonly module: number
  readonly draw: number
  readonly record: ControlRecord
}

function lesionRows({ intact, subModules }: FunctionalAnalysis['lesions']): LesionRow[] {
  const whole = { of: 'intact', name: '', module: -1, draw: -1, record: intact } as const
  const rest = subModules.flatMap(({ name, module, lesion, controls }): LesionRow[] => [
    { of: 'lesion', name, module, draw: -1, record: lesion },
    ...controls.map((record, draw) => ({ of: 'control', name, module, draw, record }) as const),
  ])
  return [whole, ...rest]
}

function rowColumns(rows: readonly LesionRow[]): Column[] {
  return [
    texts(
      'of',
      rows.map(row => row.of),
    ),
    ...placeColumns(rows),
    integers(
      'draw',
      rows.map(row => row.draw),
    ),
  ]
}

function placeColumns(rows: readonly { readonly name: string; readonly module: number }[]): Column[] {
  return [
    texts(
      'layer',
      rows.map(row => row.name),
    ),
    integers(
      'module',
      rows.map(row => row.module),
    ),
  ]
}

function scoreColumns(records: readonly ControlRecord[]): Column[] {
  return (['accuracy', 'macro', 'range', 'loss', 'divergence'] as const).map(name =>
    numbers(
      name,
      records.map(record => record[name]),
    ),
  )
}

function pairsTable({ doubles, lesions: { subModules } }: FunctionalAnalysis): Table {
  const { pairs, members } = doubles!
  const end = (of: 'first' | 'second') => {
    const own = pairs.map(pair => subModules[members[pair[of]]])
    return placeColumns(own).map((column): Column => ({ ...column, name: `${of}_${column.name}` }))
  }
  const number = (name: string, of: (pair: (typeof pairs)[number]) => number | null) => numbers(name, pairs.map(of))
  return {
    name: 'double_lesions',
    columns: [
      ...end('first'),
      ...end('second'),
      number('score_both', pair => pair.accuracy),
      number('first_given_second', pair => pair.conditionalScores[0]),
      number('first_given_second_p', pair => pair.conditional[0].conservative),
      number('second_given_first', pair => pair.conditionalScores[1]),
      number('second_given_first_p', pair => pair.conditional[1].conservative),
      number('joint_p', pair => pair.joint.conservative),
      texts(
        'type',
        pairs.map(pair => pair.type ?? ''),
      ),
    ],
  }
}
