import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeCheckpoint } from '../../src/training/checkpoint.ts'
import { fileStore } from '../../src/training/checkpoint-file.ts'
import { killableRun } from './killable-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'lobes-checkpoints-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('checkpoints on disk', () => {
  it('are replaced in one go; nothing else is left in the folder', async () => {
    const store = fileStore(join(folder, 'new', 'deeper'))
    expect(await store.read('a')).toBeUndefined()
    await store.write('a', Uint8Array.of(1, 2))
    await store.write('a', Uint8Array.of(3))
    expect([...(await store.read('a'))!]).toEqual([3])
    expect(readdirSync(join(folder, 'new', 'deeper'))).toEqual(['a.ckpt.npz'])
  })

  it('a write that fails leaves the old one as it was', async () => {
    const store = fileStore(join(folder, 'full'))
    await store.write('a', Uint8Array.of(1, 2))
    // The temporary file cannot be made where a folder has its name.
    mkdirSync(join(folder, 'full', `a.ckpt.npz.${process.pid}.tmp`))
    await expect(store.write('a', Uint8Array.of(3))).rejects.toMatchObject({
      ...{ name: 'ResourceError', code: 'resource.disk' },
      message: expect.stringMatching(/a\.ckpt\.npz \(1 bytes\)/),
    })
    expect([...(await store.read('a'))!]).toEqual([1, 2])
  })

  it('a process that is killed resumes and ends with the same bits', async () => {
    const whole = await killableRun(undefined)
    const where = join(folder, 'killed')
    let last = 0
    for (const milliseconds of [0, 50, 20]) {
      await killAfterFirstEpoch(where, milliseconds)
      const { step } = await decodeCheckpoint((await fileStore(where).read('killed'))!, 'killed')
      // On a busy machine a process may be killed before it has written anything new.
      expect(step).toBeGreaterThanOrEqual(last)
      last = step
    }
    expect(last).toBeGreaterThan(0)
    // Else nothing would be left to resume.
    expect(last).toBeLessThan(3000)
    expect(await killableRun(where)).toBe(whole)
  })
})

/** Runs the same training in a process of its own and kills it some time after it reports its first epoch. */
async function killAfterFirstEpoch(where: string, milliseconds: number): Promise<void> {
  const script = join(import.meta.dirname, 'killable-run.ts')
  const child = spawn(process.execPath, [script, where], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise(resolve => child.on('exit', resolve))
  await new Promise(resolve => child.stdout.once('data', resolve).once('end', resolve))
  setTimeout(() => child.kill('SIGKILL'), milliseconds)
  await ended
}
