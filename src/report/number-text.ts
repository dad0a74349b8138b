/** Numbers as people read them: grouped thousands, a real minus sign, a fixed number of meaningful digits. */

/** `1,234` for integers. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** About `digits` significant digits (default 3) without trailing noise; `–` for null. */
export function numberText(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  const size = Math.abs(value)
  if (size >= 10_000) return sign(value) + countText(size)
  if (size !== 0 && size < 0.0005) return value.toExponential(1).replaceAll('-', '−')
  return sign(value) + String(Number(size.toPrecision(digits)))
}

/** `42 %`. */
export function percentText(share: number, digits = 0): string {
  return `${sign(share)}${(Math.abs(share) * 100).toFixed(digits)} %`
}

/** `1 module`, `12 modules`. */
export function amountText(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** Keeps both ends of a long name: `/features/…/Conv`. */
export function shortText(text: string, length: number): string {
  const characters = [...text]
  if (characters.length <= length) return text
  const head = Math.floor((length - 1) / 2)
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (length - 1 - head)).join('')}`
}

function sign(value: number): string {
  return value < 0 ? '−' : ''
}
