/**
 * The hash of a result's numbers: SHA-256 (hex) over canonical JSON. Keys are sorted by UTF-16 code units, numbers are
 * written as JavaScript prints them (the shortest text that reads back to the same float64; −0 as 0), there is no white
 * space. Equal results hash equal on every engine; pass numbers only, never timings or versions.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { UsageError } from '../errors.ts'

/** Plain JSON; typed arrays count as arrays of numbers, members that are undefined are left out. */
export function resultHash(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value, '$'))))
}

function canonicalJson(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return String(value === 0 ? 0 : value)
  if (Array.isArray(value)) return `[${value.map((item, i) => canonicalJson(item, `${path}[${i}]`)).join()}]`
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    // Every view but a DataView is an array of numbers; big integers end in the error below.
    return canonicalJson(Array.from(value as unknown as ArrayLike<number>), path)
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member, `${path}.${key}`)}`).join()}}`
  }
  throw new UsageError('usage.hash', `Only plain JSON can be hashed, but ${path} is ${String(value)}.`)
}
