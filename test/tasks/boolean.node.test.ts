/** The published truth tables, bit by bit. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { booleanTask } from '../../src/tasks/boolean.ts'
import { truthTable } from '../../src/tasks/function-graph.ts'

const FILE = '../shared/fixtures/neural-sculpting/datasets.json'

describe.skipIf(!existsSync(FILE))('the 39 published tables (skipped without ../shared)', () => {
  it('are those of the tasks of their names', () => {
    const sets: Record<string, { n_in: number; outputs: string[] }> = JSON.parse(readFileSync(FILE, 'utf8'))
    expect(Object.keys(sets)).toHaveLength(39)
    for (const [name, { n_in, outputs }] of Object.entries(sets)) {
      const table = truthTable(booleanTask(name.replace(/^.*boolean/, '')))
      const columns = outputs.map((_, o) =>
        Array.from({ length: table.rows }, (_, row) => table.values[row * table.outputs + o]).join(''),
      )
      expect([table.inputs, columns]).toEqual([n_in, outputs])
    }
  })
})
