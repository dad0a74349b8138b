/** Where output goes: results on stdout, all else on stderr; one JSON document alone on stdout with `--json`. */
import { styleText } from 'node:util'
import type { Flags } from './flags.ts'

export interface Terminal {
  readonly json: boolean
  readonly quiet: boolean
  /** A line of the result for people; nothing with `--json`. */
  print(line?: string): void
  /** A remark on stderr; nothing with `--quiet`. */
  note(line: string): void
  /** The result for programs: the one document on stdout; nothing without `--json`. */
  document(value: unknown): void
  bold(text: string): string
  dim(text: string): string
}

export function terminal(flags: Flags): Terminal {
  const json = flags.json === true
  const quiet = flags.quiet === true
  const style = (format: 'bold' | 'dim') => (text: string) =>
    styleText(format, text, { stream: process.stdout, validateStream: true })
  return {
    json,
    quiet,
    print(line = '') {
      if (!json) process.stdout.write(`${line}\n`)
    },
    note(line) {
      if (!quiet) process.stderr.write(`${line}\n`)
    },
    document(value) {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`)
    },
    bold: style('bold'),
    dim: style('dim'),
  }
}

/** Rows of text as columns: the first to the left, numbers to the right. */
export function columns(rows: readonly (readonly (string | number)[])[], indent = '  '): string[] {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map(row => String(row[c]).length)))
  return rows.map(row => {
    const cells = row.map((cell, c) =>
      typeof cell === 'number' ? String(cell).padStart(widths[c]) : cell.padEnd(widths[c]),
    )
    return (indent + cells.join('  ')).trimEnd()
  })
}

/** A number for people: at most four significant decimals, thousands separated. */
export function shown(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value)
  if (value !== 0 && Math.abs(value) < 10 ** -digits) return value.toExponential(2)
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}
