/** `--estimate` and `--max-memory`, on a file that is mostly a hole: no weight is read. */
import { spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'lobes-memory-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const large = join(folder, 'large.safetensors')
const graph = join(folder, 'graph.csv')

const shapes = [...Array.from({ length: 16 }, () => [8192, 8192]), [10, 8192]]
let end = 0
const header = Object.fromEntries(
  shapes.map((shape, l) => {
    const start = end
    end += 4 * shape[0] * shape[1]
    return [`layers.${l}.weight`, { dtype: 'F32', shape, data_offsets: [start, end] }]
  }),
)
const text = JSON.stringify(header)
const head = Buffer.alloc(8)
head.writeBigUInt64LE(BigInt(text.length))
const file = openSync(large, 'w')
writeSync(file, Buffer.concat([head, Buffer.from(text)]))
ftruncateSync(file, 8 + text.length + end)
closeSync(file)
writeFileSync(graph, 'source,target\na,b\nb,c\na,c\n')

/** With the most resident memory of the process, in megabytes. */
function lobes(...args: string[]) {
  const hook = 'data:text/javascript,process.on("exit",()=>console.error("peak="+process.resourceUsage().maxRSS))'
  const run = spawnSync(process.execPath, ['--import', hook, 'src/cli/main.ts', ...args], { encoding: 'utf8' })
  return { ...run, megabytes: (Number(/peak=(\d+)/.exec(run.stderr)?.[1]) * 1024) / 1e6 }
}

describe('a file of 4 GB', () => {
  it('is inspected without reading its weights', () => {
    const { stdout, megabytes } = lobes('inspect', large)
    expect(stdout).toContain('can be analysed: 139,274 units in 18 layers')
    expect(stdout).toContain('is not told for files this large')
    expect(megabytes).toBeLessThan(150)
  })

  it('--estimate tells what takes how much, and stops', () => {
    const { stdout, megabytes, status } = lobes('cluster', large, '--k', '4', '--estimate')
    expect(status).toBe(0)
    expect(stdout).toMatch(/about 9\.\d+ GB of memory/)
    expect(stdout).toMatch(/edges packed for the eigensolver +4\.30 GB/)
    expect(megabytes).toBeLessThan(150)
    const { estimate } = JSON.parse(lobes('test', large, '--k', '4', '--threads', '2', '--estimate', '--json').stdout)
    expect(estimate.phases.map((phase: { name: string }) => phase.name)).toEqual([
      'reading',
      'clustering',
      'shuffled networks',
    ])
  })

  it('--max-memory refuses before reading', () => {
    const { stderr, status, megabytes } = lobes('cluster', large, '--k', '4', '--max-memory', '2GB')
    expect(stderr).toMatch(/needs about 9\.\d+ GB, more than --max-memory 2\.00 GB/)
    expect(status).toBe(1)
    expect(megabytes).toBeLessThan(150)
  })
})

describe('--max-memory', () => {
  it('lets through what fits, with fewer threads where they would not', () => {
    const { status, stdout } = lobes(
      'test',
      graph,
      '--k',
      '2',
      '--shuffles',
      '19',
      '--max-memory',
      '120MB',
      '--threads',
      '64',
      '--seed',
      '1',
    )
    expect(stdout).toContain('modular')
    expect([0, 3]).toContain(status)
  })

  it.each([['lots'], ['0'], ['-1GB'], ['2XB']])('refuses %s', value => {
    const { status, stderr } = lobes('cluster', graph, `--max-memory=${value}`)
    expect(stderr).toMatch(/--max-memory must be a size such as 2GB/)
    expect(status).toBe(2)
  })
})
