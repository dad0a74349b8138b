import { expect, it } from 'vitest'
import { EXPECTED, resultHashes } from './result-hashes.ts'

it('clustering and testing hash the same in Node and in browsers, under every null model', async () => {
  expect(await resultHashes()).toEqual(EXPECTED)
})
