/** Sculpting a task from the beginning to the end. */
import { describe, expect, it } from 'vitest'
import { renderSculpting } from '../../src/report/sculpting/sculpting-report.ts'
import { sculptTask } from '../../src/sculpt/sculpt-task.ts'
import { booleanTask } from '../../src/tasks/boolean.ts'
import { parseFunctionGraph, truthTable } from '../../src/tasks/function-graph.ts'

const OPTIONS = { hidden: [24], seeds: [1, 2, 3], unitSteps: [70], restarts: 1 }

async function sculpted(name: string, options: Partial<Parameters<typeof sculptTask>[3]> = {}) {
  const graph = booleanTask(name)
  return sculptTask(name, truthTable(graph), graph, { ...OPTIONS, ...options })
}

describe('sculptTask', () => {
  it('finds both XORs, says what they compute, and gives the same hash on every machine', async () => {
    const task = await sculpted('[4,2,4]')
    expect(task.hierarchy.modules).toHaveLength(2)
    expect(task.planted?.success).toEqual({ chosen: 1, luckiest: 1, random: 1, all: 1 })
    expect(task.agreeing).toBe(3)
    const formulas = task.findings.flatMap(({ functions }) => functions.map(({ formula }) => formula))
    expect(formulas.sort()).toEqual(['x0 ⊕ x1', 'x2 ⊕ x3', '¬(x0 ⊕ x1)', '¬(x2 ⊕ x3)'])
    for (const { stability, p } of task.findings) expect([stability, p! < 0.01]).toEqual([1, true])
    // The same in Node and in Chromium: this test runs in both.
    expect(task.hash).toBe('19ce5b7ce4221650e2c499f082c2c3a35a6ed4ca83351fb3570c1186ac8a1107')
    expect(JSON.parse(JSON.stringify(task))).toEqual(task)
  })

  it('keeps the best network so far where none solves the task', async () => {
    const task = await sculpted('[4,2,4]', { hidden: [2], epochs: 5 })
    expect(task.seeds.every(({ solved }) => !solved)).toBe(true)
    expect(task.hierarchy.modules.length).toBeGreaterThan(0)
  })

  it('says which outputs never change', async () => {
    const graph = parseFunctionGraph('inputs a b\nboth = a & b\nnever = a & !a\noutputs both never', 'constant')
    const task = await sculptTask('constant', truthTable(graph), graph, { ...OPTIONS, hidden: [6] })
    expect(task.constantOutputs).toEqual([1])
  })

  it('refuses no seeds, and options out of range', async () => {
    await expect(sculpted('[4,2,4]', { seeds: [] })).rejects.toThrow(/at least one seed/)
    await expect(sculpted('[4,2,4]', { threshold: 2 })).rejects.toThrow(/"threshold" cannot be 2/)
  })
})

describe('renderSculpting', () => {
  it('shows the hierarchy, the planted one, and every seed; hostile names stay text', async () => {
    const task = await sculpted('[4,2,4]')
    const page = renderSculpting(
      { ...task, task: '<script>alert(1)</script>' },
      { version: '1', command: 'lobes sculpt' },
    )
    expect(page).not.toContain('<script>alert')
    for (const part of [
      'The hierarchy that was found',
      'The hierarchy that was planted',
      'Seed by seed',
      'x0 ⊕ x1',
      task.hash,
    ])
      expect(page).toContain(part)
    expect(page.match(/class="node"/g)).toHaveLength(2)
    expect(renderSculpting(task, { version: '1' })).toBe(renderSculpting(task, { version: '1' }))
  })

  it('says so where no network solves the task', async () => {
    const page = renderSculpting(await sculpted('[4,2,4]', { hidden: [2], epochs: 5 }), { version: '1' })
    expect(page).toContain('No network solves the task')
  })
})
