/** The settings of one layer, read as what they must be. */
import type { FormatError } from '../../errors.ts'
import { type Config, malformed } from './model.ts'

export interface Settings {
  readonly config: Config
  number(key: string, fallback?: number): number
  /** A whole number above 0, or one for each of `axes`. */
  sizes(key: string, axes: number, fallback?: number | readonly number[]): number[]
  flag(key: string, fallback: boolean): boolean
  text(key: string, fallback?: string): string
  /** The error about a setting. */
  bad(key: string, wanted: string): FormatError
}

/** Larger windows and steps than this are nonsense. */
const LARGEST = 2 ** 24

export function settingsOf(config: Config, where: string): Settings {
  const value = (key: string): unknown => config[key] ?? undefined
  const bad = (key: string, wanted: string) =>
    malformed(where, `"${key}" must be ${wanted}, not ${(JSON.stringify(config[key]) ?? 'absent').slice(0, 80)}`)
  const isSize = (size: unknown): size is number =>
    Number.isSafeInteger(size) && (size as number) >= 1 && (size as number) <= LARGEST
  return {
    config,
    bad,
    number(key, fallback) {
      const found = value(key) ?? fallback
      if (typeof found !== 'number' || !Number.isFinite(found)) throw bad(key, 'a number')
      return found
    },
    sizes(key, axes, fallback) {
      const found = value(key) ?? fallback
      const list = Array.isArray(found)
        ? found.length === 1
          ? new Array(axes).fill(found[0])
          : found
        : new Array(axes).fill(found)
      if (list.length !== axes || !list.every(isSize)) throw bad(key, axes === 1 ? 'a size' : `${axes} sizes`)
      return list
    },
    flag(key, fallback) {
      const found = value(key) ?? fallback
      if (typeof found !== 'boolean') throw bad(key, 'true or false')
      return found
    },
    text(key, fallback) {
      const found = value(key) ?? fallback
      if (typeof found !== 'string') throw bad(key, 'a text')
      return found
    },
  }
}
