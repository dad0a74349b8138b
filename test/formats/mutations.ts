/** Damaged copies of a file, for tests that none of them does harm. */
import type { Random } from '../../src/random.ts'

/** A varint of 2⁶⁰ and friends. */
const HUGE = [
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
]

/** One change: a cut, flipped bits, a huge number, bytes left out, repeated or replaced. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length)
  switch (random.below(6)) {
    case 0:
      return bytes.slice(0, at)
    case 1:
      return flipped(bytes, random)
    case 2:
      return spliced(bytes, at, 1, HUGE[random.below(HUGE.length)])
    case 3:
      return spliced(bytes, at, random.below(20), [])
    case 4: {
      const from = random.below(bytes.length)
      return spliced(bytes, at, 0, [...bytes.subarray(from, from + 1 + random.below(60))])
    }
    default:
      return spliced(
        bytes,
        at,
        4,
        Array.from({ length: 4 }, () => random.below(256)),
      )
  }
}

/** Up to four bits the other way round. */
export function flipped(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice()
  for (let count = 1 + random.below(4); count > 0; count--) copy[random.below(bytes.length)] ^= 1 << random.below(8)
  return copy
}

function spliced(bytes: Uint8Array, at: number, remove: number, insert: readonly number[]): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)])
}
