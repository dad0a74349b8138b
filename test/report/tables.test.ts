import { parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import { tableCsv } from '../../src/report/csv.ts'
import { tableParquet } from '../../src/report/parquet.ts'
import { analysisTables, type Table } from '../../src/report/tables.ts'
import { syntheticAnalysis } from './synthetic-analysis.ts'
import { withFunction } from './synthetic-function.ts'

const names = ['=HYPERLINK("x")', 'a,"b"', 'ünï\r\ncode']
const analysis = syntheticAnalysis({ sizes: [6, 8, 4], k: 3, names, shuffles: 5 })
const tables = analysisTables(analysis)
const rowsOf = ({ columns }: Table) =>
  Array.from({ length: columns[0].data.length }, (_, row) =>
    Object.fromEntries(columns.map(({ name, data }) => [name, data[row]])),
  )

test('units, modules and nulls agree with the analysis, row by row', () => {
  const [units, modules, nulls] = tables
  expect(tables.map(table => table.name)).toEqual(['units', 'modules', 'nulls'])
  expect(rowsOf(units)).toHaveLength(18)
  expect(rowsOf(units)[7]).toEqual({
    unit: 7,
    layer: names[1],
    index: 1,
    module: analysis.partition.labels[7],
    confidence: analysis.stability.confidence[7],
    degree: analysis.partition.degrees[7],
  })
  expect(rowsOf(modules)).toHaveLength(9)
  const counted = modules.columns.find(column => column.name === 'units')!.data as Int32Array
  expect(counted.reduce((a, b) => a + b)).toBe(analysis.partition.labels.filter(label => label >= 0).length)
  expect(rowsOf(nulls)).toHaveLength(15)
  expect(rowsOf(nulls)[6]).toEqual({
    null: 'degree-preserving',
    draw: 1,
    ncut: analysis.verdict.comparisons[1].ncuts[1],
  })
})

test('the functional part adds one row per sub-module, lesion, class and pair', () => {
  const full = withFunction(syntheticAnalysis({ sizes: [6, 40, 4], k: 3, names }), { controls: 5, pictures: true })
  const [units, , , subModules, lesions, classes, pairs] = analysisTables(full)
  expect(
    analysisTables(full)
      .map(table => table.name)
      .slice(3),
  ).toEqual([...['sub_modules', 'lesions', 'lesion_classes', 'double_lesions']])
  expect(rowsOf(units)[9].activation_module).toBe(full.functional!.activations!.labels[9])
  const { subModules: own, intact } = full.functional!.lesions
  expect(rowsOf(subModules)).toHaveLength(3)
  expect(rowsOf(subModules)[1]).toMatchObject({
    ...{ layer: names[1], module: 1, units: own[1].units.length, kind: own[1].kind, accuracy: own[1].lesion.accuracy },
    ...{ importance_p: own[1].macro.conservative, unevenness_missing: 2, divergence: Number.NaN },
  })
  const [, drives] = full.functional!.coherence!.subModules
  expect(rowsOf(subModules)[2]).toMatchObject({ picture_score_p: drives.score.test.conservative, top_inputs: '4 2' })
  expect(rowsOf(subModules)[0]).toMatchObject({ picture_score: Number.NaN, top_inputs: '' })
  expect(rowsOf(lesions)).toHaveLength(1 + 3 * 6)
  expect(rowsOf(lesions)[0]).toMatchObject({ of: 'intact', module: -1, draw: -1, macro: intact.macro })
  expect(rowsOf(lesions)[3]).toMatchObject({ of: 'control', module: 0, draw: 1, macro: own[0].controls[1].macro })
  expect(rowsOf(classes)).toHaveLength(10 * (1 + 3 * 6))
  expect(rowsOf(classes)[12]).toMatchObject({ of: 'lesion', module: 0, class: '2', score: own[0].lesion.classes[2] })
  expect(rowsOf(pairs)).toHaveLength(3)
  expect(rowsOf(pairs)[0]).toMatchObject({ first_layer: names[1], first_module: 0, second_module: 1, type: '' })
})

test('Parquet reads back as it was written', async () => {
  for (const table of tables) {
    const { buffer } = tableParquet(table)
    expect(await parquetReadObjects({ file: buffer })).toEqual(rowsOf(table))
  }
})

test('CSV quotes what it must and disarms formulas, but leaves numbers alone', () => {
  const csv = tableCsv({
    name: 'test',
    columns: [
      { name: 'text', type: 'text', data: ['=1+1', '-x', '@a', '+b', '\tc', 'plain', 'a"b', 'c,d', 'e\r\nf'] },
      { name: 'n', type: 'number', data: Float64Array.of(-1, 0.1, 1e-9, 1e21, 2, 3, 4, 5, -0.25) },
    ],
  })
  expect(csv.split('\r\n').slice(0, 9)).toEqual([
    'text,n',
    "'=1+1,-1",
    "'-x,0.1",
    "'@a,1e-9",
    "'+b,1e+21",
    "'\tc,2",
    'plain,3',
    '"a""b",4',
    '"c,d",5',
  ])
  expect(csv.endsWith('"e\r\nf",-0.25\r\n')).toBe(true)
})

test('the CSV of a hostile network has no cell that begins a formula', () => {
  const csv = tableCsv(tables[0])
  expect(csv).toContain(`"'=HYPERLINK(""x"")"`)
  expect(csv).not.toMatch(/(^|,|\n)"?[=+@]/)
})
