import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'lobes-sculpt-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = (input: string, ...args: string[]) =>
  spawnSync(process.execPath, ['src/cli/main.ts', 'sculpt', ...args], { encoding: 'utf8', input })

/** x0 ⊕ x1 and x2 ⊕ x3, both plain and negated, by two units each. */
const XORS = {
  id: 'xors',
  arch: [4, 5, 4],
  edges: [
    [0, 2].flatMap(i => [
      [i, i, 1],
      [i + 1, i, -1],
      [i, i + 1, -1],
      [i + 1, i + 1, 1],
    ]),
    [0, 1, 2, 3].flatMap(unit => [
      [unit, 2 * (unit >> 1), 1],
      [unit, 2 * (unit >> 1) + 1, -1],
    ]),
  ],
  biases: [
    [],
    [
      [0, -0.5],
      [1, 0.5],
      [2, -0.5],
      [3, 0.5],
    ],
  ],
  modularity: [4, 2, 4],
}
const line = (change = {}) => `${JSON.stringify({ ...XORS, ...change })}\n`

describe('lobes sculpt --detect', () => {
  it('prints a line for each network, from a file as from standard input', () => {
    const file = join(folder, 'networks.jsonl')
    const text = `${line()}\n${line({ id: 2, modularity: null }).trimEnd()}`
    writeFileSync(file, text)
    const { stdout, status } = run('', '--detect', file, '--jsonl')
    expect(status).toBe(0)
    const records = stdout
      .trimEnd()
      .split('\n')
      .map(one => JSON.parse(one))
    expect(records.map(({ id, accuracy }) => [id, accuracy])).toEqual([
      ['xors', 100],
      [2, null],
    ])
    expect(Object.keys(records[0])).toEqual([
      'id',
      'alive',
      'condensed_arch',
      'clusters',
      'modules',
      'trace',
      'accuracy',
    ])
    expect(records[0].condensed_arch).toEqual([4, 4, 4])
    expect(records[0].modules).toEqual([
      [1, 1, 0, 0],
      [1, 1, 0, 0],
      [1, 1, 0, 0],
    ])
    expect(run(text, '--detect', '-', '--jsonl').stdout).toBe(stdout)
    expect(JSON.parse(run(text, '--detect', '-', '--json').stdout).networks).toEqual(records)
    expect(run(text, '--detect', '-').stdout).toContain('xors: 4-4-4 units in 2 modules, 100 % right')
  })

  it('judges by a function graph of yours, and says where there is no function to find', () => {
    const file = join(folder, 'task.txt')
    writeFileSync(file, 'inputs a b c d\nx = a ^ b\ny = c ^ d\nnever = a & !a\noutputs x !x y never')
    const { stdout, stderr } = run(line(), '--detect', '-', '--task', file, '--jsonl')
    expect(JSON.parse(stdout).accuracy).toBe(87.5)
    expect(stderr).toContain('output 3 is the same in every row')
  })

  it('detects without an accuracy where the task is none it knows, and says so once', () => {
    const { stdout, stderr } = run(line({ modularity: [9, 9] }).repeat(2), '--detect', '-', '--jsonl')
    expect(stdout.match(/"accuracy":null/g)).toHaveLength(2)
    expect(stderr.match(/no accuracy for \[9,9\]/g)).toHaveLength(1)
  })

  it('stops at a line that does not fit and names it, after the lines before it', () => {
    const { stdout, stderr, status } = run(`${line()}\n${line({ arch: 3 })}${line()}`, '--detect', '-', '--jsonl')
    expect(status).toBe(1)
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(stderr).toContain('standard input, line 3: "arch" must be a list of at least two layer sizes, not 3.')
  })

  it.each([
    [[], 'Which networks? Give --detect FILE.jsonl'],
    [['--detect', 'absent.jsonl'], 'absent.jsonl cannot be read (ENOENT)'],
    [['--detect', '-'], 'standard input holds no network'],
    [['--detect', '-', '--json', '--jsonl'], 'Give --json or --jsonl, not both.'],
    [['--detect', '-', '--task', 'absent.txt'], 'absent.txt cannot be read (ENOENT); --task takes a name'],
    [['--detect', '-', '--task', '[4,9]'], 'There is no Boolean task [4,9].'],
  ])('%j ends with code 2 and says why', (args, message) => {
    const { status, stderr, stdout } = run('', ...args)
    expect(stderr).toContain(message)
    expect(status).toBe(2)
    expect(stdout).toBe('')
  })

  it('refuses a network that does not fit its task, with its line', () => {
    const { stderr, status } = run(line({ modularity: [8, 2, 2] }), '--detect', '-', '--jsonl')
    expect(status).toBe(2)
    expect(stderr).toContain('standard input, line 1: The network has 4 inputs and 4 outputs, but the task has 8 and 2')
  })
})
