/** What the classes are called; several labels per example, outputs and monomials stand for classes too. */
import type { EvaluationData } from '../../data/evaluation-data.ts'

const MONOMIALS = 9
const POWERS = ['', 'x', 'x²']

/** @param count classes that a lesion is scored by: heads × classes, outputs, or the monomials of `poly` */
export function classNames(data: Pick<EvaluationData, 'classes' | 'heads' | 'targets'>, count: number): string[] {
  const { classes, heads, targets } = data
  if (targets && count === MONOMIALS && targets.length > 0) return Array.from({ length: count }, (_, i) => monomial(i))
  const each = count / heads
  return Array.from({ length: count }, (_, i) => {
    const name = classes?.[i % each] ?? String(i % each)
    return heads > 1 ? `${Math.floor(i / each) + 1}:${name}` : name
  })
}

/** x^a y^b, b running fastest. */
function monomial(index: number): string {
  return POWERS[Math.floor(index / 3)] + POWERS[index % 3].replace('x', 'y') || '1'
}
