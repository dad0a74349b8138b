/** What a data set is, in 64 characters: for caches, and for tests that it is the same on every engine. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Dataset, Split } from './dataset.ts'

/** SHA-256 (hex) of shapes, stored values, labels and targets; names and provenance do not count. */
export function datasetHash({ shape, divisor, heads, outputs, shuffle, train, tests }: Dataset): string {
  const hash = sha256.create()
  hash.update(utf8ToBytes(JSON.stringify({ shape, divisor, heads, outputs, shuffle })))
  for (const [name, split] of Object.entries({ train, ...tests })) {
    for (const part of ['inputs', 'labels', 'targets', 'fromSecond'] as const satisfies (keyof Split)[]) {
      const values = split[part]
      if (!values) continue
      hash.update(utf8ToBytes(`${name}.${part}: ${values.constructor.name} ${values.length}\n`))
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    }
  }
  return bytesToHex(hash.digest())
}
