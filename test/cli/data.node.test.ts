import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { datasetHash } from '../../src/data/content-hash.ts'
import { npzDataset } from '../../src/data/npz-dataset.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { loadTask, taskNames } from '../../src/tasks/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'lobes-data-'))
afterAll(() => rmSync(folder, { recursive: true }))

const lobes = (...args: string[]) =>
  spawnSync(process.execPath, ['src/cli/main.ts', 'data', ...args], { encoding: 'utf8' })

describe('lobes data', () => {
  it('without a name lists all', () => {
    const { status, stdout } = lobes()
    expect(status).toBe(0)
    expect(stdout.trimEnd().split('\n')).toEqual([...taskNames()])
  })

  it('writes a task as npz and says what is in it', async () => {
    const out = join(folder, 'x.npz')
    const { status, stdout } = lobes('halves_digits', '--train', '30', '--test', '20', '--out', out, '--json')
    expect(status).toBe(0)
    const told = JSON.parse(stdout)
    expect(told).toMatchObject({ name: 'halves_digits', shape: [1, 28, 28], seed: 42, out })
    expect(told.splits).toEqual([
      { name: 'train', examples: 30 },
      { name: 'test', examples: 20 },
    ])
    const written = await npzDataset(memorySource(readFileSync(out), { name: 'x.npz' }))
    expect(datasetHash(written)).toBe(told.hash)
    expect(told.hash).toBe(datasetHash(await loadTask('halves_digits', { train: 30, test: 20 })))
  })

  it.each([
    [['dgits'], 'There is no task "dgits". Did you mean digits?'],
    [['line', '--out', 'x.csv'], '--out cannot be "x.csv": the file must end in .npz.'],
    [['line', '--train', 'many'], '--train must be a whole number of at least 1, not "many".'],
  ])('%j ends with code 2 and says why', (args, message) => {
    const { status, stderr, stdout } = lobes(...args)
    expect(status).toBe(2)
    expect(stderr).toContain(message)
    expect(stdout).toBe('')
  })
})
