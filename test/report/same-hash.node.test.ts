import { expect, it } from 'vitest'
import { threadExecutor } from '../../src/jobs/threads.ts'
import { EXPECTED, resultHashes } from './result-hashes.ts'

it.each([1, 2])('clustering and testing hash the same on %d worker threads', async workers => {
  const threads = threadExecutor(workers)
  expect(await resultHashes(threads)).toEqual(EXPECTED)
  await threads.close()
})
