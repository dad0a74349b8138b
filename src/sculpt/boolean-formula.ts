/**
 * A short formula for a Boolean function given as a table: the minimal sum of products by Quine (1952) and McCluskey
 * (1956), essential prime implicants first, then greedily the one that covers most; the same for the negated function
 * where that is shorter; parities as x ⊕ y ⊕ …. Only inputs that matter appear.
 */

/** One product: inputs in `mask` have the values in `value`; the others are free. Bit i is input i. */
interface Implicant {
  readonly mask: number
  readonly value: number
}

/**
 * @param table — of 2^n rows, 0 or 1; row r has input i in bit n − 1 − i of r, the first input the most significant.
 * @param names — of the n inputs, n ≤ 12.
 */
export function booleanFormula(table: ArrayLike<number>, names: readonly string[]): string {
  const n = names.length
  const relevant = names.map((_, i) => i).filter(i => matters(table, n, i))
  if (relevant.length === 0) return table[0] ? '1' : '0'
  const bits = (row: number) => relevant.reduce((sum, i, at) => sum | (((row >> (n - 1 - i)) & 1) << at), 0)
  const small = new Uint8Array(2 ** relevant.length)
  for (let row = 0; row < table.length; row++) small[bits(row)] = table[row] ? 1 : 0
  const labels = relevant.map(i => names[i])
  const parity = small.every((value, row) => (value ^ small[0]) === (ones(row) & 1))
  if (parity && labels.length > 1) return small[0] ? `¬(${labels.join(' ⊕ ')})` : labels.join(' ⊕ ')
  const [plain, negated] = [cover(small, 1, labels.length), cover(small, 0, labels.length)]
  const size = (products: readonly Implicant[]) => products.reduce((sum, { mask }) => sum + ones(mask) + 1, 0)
  if (size(plain) <= size(negated) + 1) return sumText(plain, labels)
  const inner = sumText(negated, labels)
  return negated.length === 1 && ones(negated[0].mask) === 1 ? sumText(plain, labels) : `¬(${inner})`
}

function matters(table: ArrayLike<number>, n: number, input: number): boolean {
  const bit = 1 << (n - 1 - input)
  for (let row = 0; row < table.length; row++) if (!table[row] !== !table[row ^ bit]) return true
  return false
}

function ones(value: number): number {
  let count = 0
  for (let rest = value; rest > 0; rest &= rest - 1) count++
  return count
}

/** Prime implicants that cover all rows with `wanted`, and no others. */
function cover(table: Uint8Array, wanted: number, n: number): Implicant[] {
  const rows = Array.from(table.keys()).filter(row => table[row] === wanted)
  const primes = primeImplicants(rows, n)
  const covers = ({ mask, value }: Implicant, row: number) => (row & mask) === value
  const chosen: Implicant[] = []
  let left = rows
  const choose = (prime: Implicant) => {
    chosen.push(prime)
    left = left.filter(row => !covers(prime, row))
  }
  for (const row of rows) {
    const only = primes.filter(prime => covers(prime, row))
    if (only.length === 1 && !chosen.includes(only[0])) choose(only[0])
  }
  while (left.length > 0) {
    const gain = (prime: Implicant) => left.filter(row => covers(prime, row)).length
    choose(primes.reduce((best, prime) => (gain(prime) > gain(best) ? prime : best)))
  }
  return chosen
}

function primeImplicants(rows: readonly number[], n: number): Implicant[] {
  const full = 2 ** n - 1
  let current = new Map(rows.map(row => [`${full} ${row}`, { mask: full, value: row }]))
  const primes: Implicant[] = []
  while (current.size > 0) {
    const next = new Map<string, Implicant>()
    const merged = new Set<string>()
    for (const [key, { mask, value }] of current)
      for (let bit = 1; bit <= full; bit <<= 1) {
        if (!(mask & bit)) continue
        const partner = `${mask} ${value ^ bit}`
        if (!current.has(partner)) continue
        merged.add(key)
        const wider = { mask: mask & ~bit, value: value & ~bit }
        next.set(`${wider.mask} ${wider.value}`, wider)
      }
    for (const [key, implicant] of current) if (!merged.has(key)) primes.push(implicant)
    current = next
  }
  return primes
}

function sumText(products: readonly Implicant[], names: readonly string[]): string {
  const text = ({ mask, value }: Implicant) =>
    names.flatMap((name, i) => (mask & (1 << i) ? [value & (1 << i) ? name : `¬${name}`] : [])).join(' ∧ ')
  const parts = products.map(text).sort()
  return parts.length > 1 ? parts.map(part => (part.includes('∧') ? `(${part})` : part)).join(' ∨ ') : parts[0]
}
