/**
 * Tables as CSV (RFC 4180, UTF-8). Text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a
 * return) gets an apostrophe in front: layer names come from files, and files may be hostile. Numbers are written in
 * full and never changed.
 */
import type { Table } from './tables.ts'

export function tableCsv({ columns }: Table): string {
  const rows = columns[0].data.length
  const lines = [columns.map(column => quoted(column.name)).join(',')]
  for (let row = 0; row < rows; row++)
    lines.push(columns.map(({ type, data }) => (type === 'text' ? quoted(data[row]) : String(data[row]))).join(','))
  return `${lines.join('\r\n')}\r\n`
}

function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
