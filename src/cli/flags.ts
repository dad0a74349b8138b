/** Reading flags: every value is checked where it is read, and the error names the value and what would be right. */
import type { ArgsDef } from 'citty'
import { UsageError } from '../errors.ts'
import { suggestion } from '../near-match.ts'
import { checkSeed, freshSeed } from '../random.ts'

/** What citty hands to a verb. */
export type Flags = Readonly<Record<string, unknown>>

/** Refuses flags the verb does not have, flags without their value, and stray arguments. */
export function checkFlags(raw: readonly string[], definitions: ArgsDef, takesMany = false): void {
  const names = Object.keys(definitions).filter(name => definitions[name].type !== 'positional')
  let positionals = takesMany ? raw.length : Object.keys(definitions).length - names.length
  for (let i = 0; i < raw.length; i++) {
    if (!raw[i].startsWith('-') || raw[i] === '-') {
      if (positionals-- > 0) continue
      throw new UsageError('usage.argument', `"${raw[i]}" is one argument too many; flags begin with --.`)
    }
    const [flag, value] = split(raw[i])
    const name = flag.replace(/^--?/, '')
    if (!flag.startsWith('--') || !names.includes(name))
      throw new UsageError('usage.flag', `There is no flag ${flag} here.${suggestion(name, names, '--')}`)
    if (definitions[name].type === 'boolean') {
      if (value !== undefined) throw new UsageError('usage.flag', `${flag} takes no value, but was given "${value}".`)
    } else if (value === undefined) {
      const next = raw[i + 1]
      if (next === undefined || /^--?[a-z]/.test(next))
        throw new UsageError('usage.flag', `${flag} needs a value: ${flag} ${definitions[name].valueHint ?? 'VALUE'}.`)
      i++
    }
  }
}

function split(argument: string): [string, string | undefined] {
  const at = argument.indexOf('=')
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)]
}

export function text(flags: Flags, name: string): string | undefined {
  const value = flags[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function choice<const T extends string>(flags: Flags, name: string, known: readonly T[]): T | undefined {
  const value = text(flags, name)
  return value === undefined ? undefined : oneOf(name, value, known)
}

/** A comma-separated list of known values, each at most once. */
export function choices<const T extends string>(flags: Flags, name: string, known: readonly T[]): T[] | undefined {
  const value = text(flags, name)
  if (value === undefined) return undefined
  return [...new Set(value.split(',').map(part => oneOf(name, part.trim(), known)))]
}

function oneOf<T extends string>(name: string, value: string, known: readonly T[]): T {
  const found = known.find(one => one === value)
  if (found !== undefined) return found
  const near = suggestion(value, known) || ` It takes ${known.join(', ')}.`
  throw new UsageError('usage.value', `--${name} cannot be "${value}".${near}`)
}

/** A whole number of at least `least`. */
export function count(flags: Flags, name: string, least: number): number | undefined {
  const value = text(flags, name)
  if (value === undefined) return undefined
  const number = Number(value)
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < least)
    throw new UsageError('usage.value', `--${name} must be a whole number of at least ${least}, not "${value}".`)
  return number
}

/** A whole number of at least `least`, or `auto`. */
export function countOrAuto(flags: Flags, name: string, least: number): number | 'auto' | undefined {
  const value = text(flags, name)
  if (value === 'auto') return value
  if (value !== undefined && !/^\d+$/.test(value))
    throw new UsageError(
      'usage.value',
      `--${name} must be a whole number of at least ${least} or "auto", not "${value}".`,
    )
  return count(flags, name, least)
}

/** A number strictly between 0 and 1. */
export function probability(flags: Flags, name: string): number | undefined {
  const value = text(flags, name)
  if (value === undefined) return undefined
  const number = Number(value)
  if (!(number > 0 && number < 1))
    throw new UsageError('usage.value', `--${name} must be a number between 0 and 1, not "${value}".`)
  return number
}

/** A number from 0 up to but not including 1. */
export function share(flags: Flags, name: string): number | undefined {
  return text(flags, name) === '0' ? 0 : probability(flags, name)
}

/** The seed given, or a fresh one; it is always shown. */
export function seedOf(flags: Flags): number {
  const value = text(flags, 'seed')
  if (value === undefined) return freshSeed()
  if (!/^\d+$/.test(value))
    throw new UsageError('usage.seed', `--seed must be a whole number from 0 to 2^53 − 1, not "${value}".`)
  return checkSeed(Number(value))
}
