/**
 * Seeded random streams: the only source of randomness in lobes. Generator: xoroshiro128+ (pure-rand). A stream is
 * addressed by a seed and a path of integers, e.g. `randomStream(seed, shuffle, restart)`, so that what job *i* draws
 * depends on *i* alone and never on how many workers there are or which one ran first.
 *
 * All arithmetic here is integer, or exact in float64: the same numbers on every machine.
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import { UsageError } from './errors.ts'

export interface Random {
  /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number
  /** Uniform integer in [0, n), for 1 ≤ n < 2³². Unbiased. */
  below(n: number): number
  /** Uniform integer in [0, 2³²). */
  bits(): number
}

const TWO_32 = 4294967296

/** The stream that belongs to `seed` and `path`. Seeds and path members are integers in [0, 2⁵³). */
export function randomStream(seed: number, ...path: readonly number[]): Random {
  const generator = xoroshiro128plusFromState(streamState([seed, ...path]))
  const bits = () => generator.next() >>> 0
  return {
    bits,
    uniform: () => (bits() >>> 6) * 2 ** -26 + (bits() >>> 5) * 2 ** -53,
    below(n) {
      // Lemire's multiply-shift with rejection; the product is exact in float64 for n ≤ 2²¹, else two draws are used.
      if (n > 2 ** 21) {
        const limit = TWO_32 - (TWO_32 % n)
        let draw = bits()
        while (draw >= limit) draw = bits()
        return draw % n
      }
      for (;;) {
        const product = bits() * n
        const high = Math.floor(product / TWO_32)
        const low = product - high * TWO_32
        if (low >= n || low >= TWO_32 % n) return high
      }
    },
  }
}

/** Fisher–Yates: permutes `values` in place, every order equally likely. Returns `values`. */
export function shuffle<T extends { [index: number]: number; readonly length: number }>(values: T, random: Random): T {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const value = values[i]
    values[i] = values[j]
    values[j] = value
  }
  return values
}

/** A fresh seed for callers that gave none; it goes into every result, so the run can be repeated. */
export function freshSeed(): number {
  return globalThis.crypto.getRandomValues(new Uint32Array(1))[0]
}

/** Checks a seed given by a user. */
export function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UsageError('usage.seed', `The seed must be an integer from 0 to 2^53 − 1, not ${seed}.`)
  return seed
}

/** Four 32-bit words of state from the path: murmur3's mixing over each member's two halves, lane by lane. */
function streamState(path: readonly number[]): number[] {
  const state = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667]
  for (const member of path) {
    for (const word of [member % TWO_32, Math.floor(member / TWO_32) + 1]) {
      for (let lane = 0; lane < 4; lane++) state[lane] = mix(state[lane] ^ word, lane) ^ state[(lane + 3) & 3]
    }
  }
  const mixed = state.map(mix)
  return mixed.every(word => word === 0) ? [1, 2, 3, 4] : mixed
}

function mix(word: number, lane: number): number {
  let h = (word + Math.imul(lane + 1, 0x7f4a7c15)) | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}
