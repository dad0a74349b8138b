/** The demo as people run it: a network trained, pruned, analysed; quicker than a coffee. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'lobes-demo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('lobes demo', () => {
  const out = join(folder, 'deep', 'demo')
  const run = spawnSync(process.execPath, ['src/cli/main.ts', 'demo', '--out', out, '--shuffles', '19'], {
    encoding: 'utf8',
  })

  it('trains a network that has learnt its digits, finds its modules, and says what to do next', () => {
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
    const accuracies = [...run.stdout.matchAll(/pruned: test accuracy (0\.\d+)/g)].map(match => Number(match[1]))
    expect(accuracies).toHaveLength(2)
    expect(Math.min(...accuracies)).toBeGreaterThan(0.92)
    expect(Number(run.stdout.match(/ARI (0\.\d+|1\.000) \(1 is perfect/)?.[1])).toBeGreaterThanOrEqual(0.85)
    expect(run.stdout).toContain('Modular: p ≤ 0.05')
    expect(run.stdout).toContain('seed 1')
    expect(run.stdout).toContain('Structure and function agree.')
    expect(run.stdout.trimEnd().split('\n').at(-1)).toContain('npm run lobes -- analyze')
  })

  it('writes networks, masks, page, figures, JSON, CSV and Parquet', () => {
    expect(readdirSync(out).sort()).toEqual([
      ...['analysis.json', 'double_lesions.csv', 'double_lesions.parquet', 'figures', 'index.html'],
      ...['lesion_classes.csv', 'lesion_classes.parquet', 'lesions.csv', 'lesions.parquet', 'masks.npz'],
      ...['modules.csv', 'modules.parquet', 'nulls.csv', 'nulls.parquet', 'pruned.onnx', 'sub_modules.csv'],
      ...['sub_modules.parquet', 'units.csv', 'units.parquet', 'unpruned.onnx'],
    ])
    for (const name of ['network.svg', 'lesions.svg', 'profiles.png'])
      expect(readdirSync(join(out, 'figures'))).toContain(name)
    expect(readFileSync(join(out, 'index.html'), 'utf8')).toMatch(/^<!doctype html>/)
    const analysis = JSON.parse(readFileSync(join(out, 'analysis.json'), 'utf8'))
    expect(analysis.labels).toHaveLength(3 * 128 + 10)
    expect(analysis.command).toContain('--seed 1')
    expect(readFileSync(join(out, 'units.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(3 * 128 + 11)
  })
})
