/** The README keeps its promises: its length, its links, and the quick start, which is run as it stands there. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { VERBS } from '../src/cli/help.ts'

const readme = readFileSync('README.md', 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'lobes-readme-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('README.md', () => {
  it('has at most 150 lines, the two commands on the first screen', () => {
    const lines = readme.split('\n')
    expect(lines.length).toBeLessThanOrEqual(150)
    const first = lines.slice(0, 24).join('\n')
    expect(first).toContain('npm ci && npm run demo')
    expect(first).toContain('npm ci && npm test')
    expect(first).toMatch(/!\[.+\]\(docs\/picture\.(svg|png)\)/)
  })

  it('links to files that are there', () => {
    const targets = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
      .map(match => match[1])
      .filter(target => !target.includes(':'))
    expect(targets.length).toBeGreaterThan(4)
    expect(targets.filter(target => !existsSync(target))).toEqual([])
  })

  it('names every verb', () => {
    for (const { name } of VERBS) expect(readme).toMatch(new RegExp(`\\| \`${name}\\b`))
  })

  it('has a quick start of about ten lines that works', () => {
    const code = readme.match(/```ts\n([\s\S]*?)```/)?.[1] ?? ''
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(11)
    const file = join(folder, 'quick-start.ts')
    writeFileSync(file, code.replace("'lobes'", `'${pathToFileURL(resolve('src/index.ts')).href}'`))
    const printed = execFileSync(process.execPath, [file], { encoding: 'utf8' })
    expect(printed).toMatch(/^n-cut \d+\.\d\d, modular: true$/m)
    expect(Number(printed.match(/planted: (\S+)/)?.[1])).toBeGreaterThan(0.85)
  })
})
