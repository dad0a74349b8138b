/** The command as people run it: child processes, so few of them. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

function lobes(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/main.ts', ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('lobes', () => {
  it('without arguments shows fifteen lines with every verb and three examples', () => {
    const { status, stdout } = lobes()
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(15)
    for (const verb of ['inspect', 'cluster', 'test', 'analyze', 'demo'])
      expect(stdout).toMatch(new RegExp(`^  ${verb}`, 'm'))
    expect(lines.slice(-3).every(line => line.startsWith('  npm run lobes -- '))).toBe(true)
    expect(lobes('--help').stdout).toBe(stdout)
  })

  it('loads nothing heavy for its help', () => {
    const main = readFileSync('src/cli/main.ts', 'utf8')
    const loaded = [...main.matchAll(/^import .* from '(.+)'/gm)].map(match => match[1])
    expect(loaded.sort()).toEqual(['../errors.ts', '../near-match.ts', '../version.ts', './exit.ts', './help.ts'])
  })

  it.each([
    [['inspct'], 2, 'error: There is no verb "inspct". Did you mean inspect?'],
    [['inspect', 'nowhere.onnx'], 2, 'error: nowhere.onnx cannot be read (ENOENT)'],
    [['cluster', 'x.onnx', '--shufles', '3'], 2, 'error: There is no flag --shufles here.'],
    [['inspect', 'package.json'], 1, 'error: package.json'],
  ])('%j ends with code %d and says why', (args, code, message) => {
    const { status, stdout, stderr } = lobes(...args)
    expect(status).toBe(code)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('    at ')
    expect(stdout).toBe('')
  })
})
