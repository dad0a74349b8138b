/** JSON in files that others wrote: an object, in valid UTF-8, in which no key stands twice. */
import { FormatError } from '../errors.ts'

/** @param what begins the sentence of the error, e.g. `The header of net.safetensors`. */
export function parseJson(bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (error) {
    throw new FormatError('format.json', `${what} is no valid JSON: ${(error as Error).message.slice(0, 200)}.`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FormatError('format.json', `${what} is JSON, but not an object.`)
  const duplicate = findDuplicateKey(text)
  if (duplicate !== undefined)
    throw new FormatError('format.json', `${what} is ambiguous: the key ${duplicate.slice(0, 200)} stands in it twice.`)
  return value as Record<string, unknown>
}

/** Strings (with the colon that makes one a key) and braces, in text that is known to be valid JSON. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g

/** The first key that stands twice in one object, as JSON. `JSON.parse` would keep the last without a word. */
function findDuplicateKey(text: string): string | undefined {
  const open: Set<string>[] = []
  for (const [token, colon] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (colon) {
      const raw = token.slice(0, -colon.length)
      const key = raw.includes('\\') ? JSON.stringify(JSON.parse(raw)) : raw
      const keys = open[open.length - 1]
      if (keys.has(key)) return key
      keys.add(key)
    }
  }
  return undefined
}
