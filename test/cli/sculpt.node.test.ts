import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
    [[], 'What is to be sculpted?'],
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

describe('lobes sculpt TASK', () => {
  const BRIEF = ['--seed', '1', '--seeds', '2', '--unit-steps', '70', '--restarts', '1', '--threads', '1']
  const QUICK = ['--hidden', '24', ...BRIEF]

  it('prints the modules and what they compute, and writes report, result and networks', () => {
    const out = join(folder, 'report')
    const { stdout, status } = run('', '[4,2,4]', ...QUICK, '--out', out)
    expect(status).toBe(0)
    expect(stdout).toContain('2 modules in 1 level')
    expect(stdout).toContain('x0 ⊕ x1')
    expect(readFileSync(join(out, 'index.html'), 'utf8')).toContain('The hierarchy that was found')
    const again = run('', '--detect', join(out, 'networks.jsonl'), '--jsonl')
    expect(
      again.stdout
        .trimEnd()
        .split('\n')
        .map(one => JSON.parse(one).accuracy),
    ).toEqual([100, 100])
  })

  it('gives one document, the same on one thread and on two', () => {
    const documents = ['1', '2'].map(threads =>
      JSON.parse(run('', '[4,2,4]', ...QUICK.slice(0, -1), threads, '--json', '--quiet').stdout),
    )
    expect(documents[0].hash).toBe(documents[1].hash)
    expect(documents[0].seeds).toHaveLength(2)
  })

  it('exits with 3 when no network solves the task, with the best one so far', () => {
    const { stdout, status } = run('', '[4,2,4]', ...BRIEF, '--hidden', '2', '--epochs', '5')
    expect(status).toBe(3)
    expect(stdout).toContain('No network solves the task')
  })

  it.each([
    ['00->0\n01->1\n01->0\n10->1\n11->1', /lines 2 and 3 contradict each other/],
    ['inputs a b\nx = y & a\ny = x & b\noutputs x', /x/],
  ])('refuses %j', (content, message) => {
    const file = join(folder, 'wrong.txt')
    writeFileSync(file, content)
    const { stderr, status } = run('', file, ...QUICK)
    expect(status).toBeGreaterThan(0)
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('defect in lobes')
  })

  it('says what is missing, and what does not go together', () => {
    for (const [args, message] of [
      [[], /What is to be sculpted/],
      [['model.onnx'], /--data/],
      [['[4,2,4]', '--detect', 'x.jsonl'], /not both/],
      [['[4,2,4]', '--linkage', 'ward', ...QUICK], /Euclidean/],
      [['[9,9,9]'], /There is no Boolean task/],
    ] as const) {
      const { stderr, status } = run('', ...args)
      expect([status, stderr]).toEqual([2, expect.stringMatching(message)])
    }
  })

  it('warns of outputs that never change', () => {
    const file = join(folder, 'constant.txt')
    writeFileSync(file, 'inputs a b\nboth = a & b\nnever = a & !a\noutputs both never')
    expect(run('', file, ...BRIEF, '--hidden', '6').stderr).toContain('output 1 is the same in every row')
  })
})
