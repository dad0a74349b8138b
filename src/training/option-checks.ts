/** Checks of options by name, so that every complaint names the key. */
import { UsageError } from '../errors.ts'
import { suggestion } from '../near-match.ts'

/** @throws UsageError for a key of `options` that is not in `known`; `path` is where the options stand, '' at the top */
export function checkOptions(path: string, options: object, known: readonly string[]): void {
  const stranger = Object.keys(options).find(key => !known.includes(key))
  if (stranger === undefined) return
  const key = path ? `${path}.${stranger}` : stranger
  const hint = suggestion(stranger, known) || ` There are: ${known.join(', ')}.`
  throw new UsageError('usage.option', `There is no option "${key}".${hint}`)
}

export interface Range {
  readonly least?: number
  readonly above?: number
  readonly most?: number
  readonly below?: number
  readonly integer?: boolean
}

/** @throws UsageError when the option `key` is no number in the range */
export function checkRange(key: string, value: unknown, range: Range): void {
  const { least, above, most, below, integer = false } = range
  const fits =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (!integer || Number.isInteger(value)) &&
    (least === undefined || value >= least) &&
    (above === undefined || value > above) &&
    (most === undefined || value <= most) &&
    (below === undefined || value < below)
  if (fits) return
  const limits = [
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ]
  const kind = integer ? 'a whole number' : 'a number'
  throw new UsageError('usage.option', `"${key}" is ${[kind, ...limits].join(', ')}; it cannot be ${String(value)}.`)
}

/** @throws UsageError when the option `key` is none of the names */
export function checkChoice(key: string, value: unknown, names: readonly string[]): void {
  if (typeof value === 'string' && names.includes(value)) return
  const hint = typeof value === 'string' ? suggestion(value, names) : ''
  throw new UsageError('usage.option', `"${key}" is one of ${names.join(', ')}, not ${JSON.stringify(value)}.${hint}`)
}
