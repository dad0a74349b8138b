import { afterAll, describe, expect, it } from 'vitest'
import { FormatError } from '../../src/errors.ts'
import { inlineExecutor } from '../../src/executor.ts'
import { threadExecutor } from '../../src/jobs/threads.ts'
import type { Progress } from '../../src/progress.ts'
import { drawTask, failTask, slowTask } from './sample-tasks.ts'

const tasks = new URL('./sample-tasks.ts', import.meta.url)
const threads = threadExecutor(2, { tasks })
afterAll(() => threads.close())

describe('threadExecutor', () => {
  it('gives the results of the inline executor, in job order', async () => {
    const jobs = Array.from({ length: 40 }, (_, i) => i)
    const inline = await inlineExecutor.map(drawTask, { seed: 5 }, jobs)
    const threaded = await threads.map(drawTask, { seed: 5 }, jobs)
    expect(threaded.map(one => one.draw)).toEqual(inline.map(one => one.draw))
  })

  it('prepares a context at most once per worker', async () => {
    const fresh = threadExecutor(2, { tasks })
    const results = await fresh.map(
      drawTask,
      { seed: 1 },
      Array.from({ length: 30 }, (_, i) => i),
    )
    await fresh.close()
    expect(Math.max(...results.map(one => one.preparations))).toBe(1)
  })

  it('keeps the contexts of two calls apart', async () => {
    const jobs = [0, 1, 2, 3, 4, 5]
    const [a, b] = await Promise.all([1, 2].map(seed => threads.map(drawTask, { seed }, jobs)))
    const draws = (seed: number) => inlineExecutor.map(drawTask, { seed }, jobs).then(all => all.map(one => one.draw))
    expect(a.map(one => one.draw)).toEqual(await draws(1))
    expect(b.map(one => one.draw)).toEqual(await draws(2))
  })

  it('carries the class, code and message of an error over', async () => {
    const failure = await threads.map(failTask, null, [1, 2, 3, 4]).catch(error => error)
    expect(failure).toBeInstanceOf(FormatError)
    expect(failure).toMatchObject({ code: 'format.sample', message: 'Job 3 is wrong.', name: 'FormatError' })
  })

  it('answers that arrive after a failure end nothing', async () => {
    const stray: unknown[] = []
    const hear = (error: unknown) => stray.push(error)
    process.on('uncaughtException', hear)
    // One answer in some ten such calls was on its way when its thread was stopped.
    for (let call = 0; call < 60; call++) await threads.map(failTask, null, [1, 2, 3, 4]).catch(() => {})
    process.off('uncaughtException', hear)
    expect(stray).toEqual([])
  })

  it('reports progress once for each job', async () => {
    const seen: Progress[] = []
    await threads.map(failTask, null, [0, 1, 2], { stage: 'counting', onProgress: step => seen.push(step) })
    expect(seen).toEqual([1, 2, 3].map(done => ({ stage: 'counting', done, total: 3 })))
  })

  it('stops at once when aborted, and can be used again', async () => {
    const stop = new AbortController()
    const running = threads.map(slowTask, null, Array(20).fill(300), { signal: stop.signal })
    const start = performance.now()
    setTimeout(() => stop.abort(), 50)
    await expect(running).rejects.toMatchObject({ code: 'interrupted' })
    expect(performance.now() - start).toBeLessThan(2_000)
    expect(await threads.map(failTask, null, [1, 2])).toEqual([1, 2])
  })

  it('takes a hundred thousand jobs, and lets go of them at once', async () => {
    const stop = new AbortController()
    const running = threads.map(slowTask, null, Array(100_000).fill(1), { signal: stop.signal })
    setTimeout(() => stop.abort(), 50)
    const start = performance.now()
    await expect(running).rejects.toMatchObject({ code: 'interrupted' })
    expect(performance.now() - start).toBeLessThan(3_000)
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses %s threads', workers => {
    expect(() => threadExecutor(workers)).toThrow(expect.objectContaining({ code: 'usage.workers' }))
  })

  it('says which task it does not know', async () => {
    await expect(threads.map({ ...failTask, name: 'nobody' }, null, [1])).rejects.toThrow('nobody')
  })
})
