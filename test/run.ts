/**
 * `npm test`: every test, in Node and in Chromium, closing with `N passed, N failed`. Chromium is installed through apt
 * where it is missing and that is allowed; where it is not, the browser half is skipped and the output says so.
 * Arguments are passed on as filters: `npm test -- graph`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { startVitest, type TestModule } from 'vitest/node'
import { findChromium } from './chromium.ts'

const browser = findChromium() !== undefined || installChromium()
const notes = []
if (!browser)
  notes.push(
    'Skipped: the tests in a browser, because there is no Chromium and it could not be installed. Install one (Debian and Ubuntu: sudo apt-get install chromium) or name it: CHROMIUM=/path/to/chromium npm test',
  )
if (!existsSync('../shared/nets'))
  notes.push('Skipped: the tests on real networks and golden vectors, because ../shared is absent.')

const vitest = await startVitest('test', process.argv.slice(2), {
  run: true,
  watch: false,
  ...(browser ? {} : { project: ['node'] }),
})
const counts = countTests(vitest.state.getTestModules())
counts.failed += vitest.state.getUnhandledErrors().length
await vitest.close()

for (const note of notes) console.log(note)
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`)
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0)

/** A file that breaks before its tests are known counts as one failure. */
function countTests(modules: readonly TestModule[]) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      total[state === 'pending' ? 'failed' : state]++
    }
    if (module.state() === 'failed' && module.children.allTests('failed').next().done) total.failed++
  }
  return total
}

/** Installs Debian's Chromium, as root or by sudo that asks for no password. Returns whether there is one afterwards. */
function installChromium(): boolean {
  if (process.env.CHROMIUM || process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) return false
  const root = process.getuid?.() === 0
  if (!root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) return false
  console.log('Chromium is missing: installing it with apt-get …')
  const apt = (...args: string[]) =>
    spawnSync(root ? 'apt-get' : 'sudo', [...(root ? [] : ['-n', 'apt-get']), ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 600_000,
    }).status === 0
  apt('update', '-q')
  return apt('install', '-y', '-q', '--no-install-recommends', 'chromium') && findChromium() !== undefined
}
