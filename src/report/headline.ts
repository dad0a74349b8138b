/** The verdict in plain words: what the numbers say, and no more. */
import type { NullComparison } from '../significance/verdict.ts'
import type { Analysis } from './analysis.ts'
import { amountText, numberText, percentText } from './number-text.ts'

export interface Headline {
  readonly tone: 'good' | 'bad' | 'plain'
  readonly text: string
  readonly detail: string
}

export function headline({ verdict, partition }: Analysis): Headline {
  if (partition.k < 2)
    return {
      tone: 'plain',
      text: 'No modules found',
      detail: 'The units form one group: there is nothing to tell apart, and nothing to test.',
    }
  const deciding = verdict.comparisons.filter(comparison => verdict.deciding.includes(comparison.null))
  const modules = amountText(partition.k, 'module')
  if (deciding.length === 0)
    return {
      tone: 'plain',
      text: `${modules}, not tested`,
      detail:
        'The network was split, but not compared with shuffled networks: any network can be split, so this alone says little.',
    }
  const names = deciding.map(comparison => comparison.null).join(' and ')
  const worst = deciding.reduce((a, b) => (b.p > a.p ? b : a))
  const effect = Math.min(...deciding.map(comparison => comparison.effect))
  if (verdict.modular)
    return {
      tone: 'good',
      text: 'This network is modular',
      detail: `Its ${modules} are cut apart more cleanly than those of shuffled networks (${names}): ${pText(worst)}. ${effectText(effect)}`,
    }
  const failing = deciding.filter(comparison => comparison.p > verdict.alpha).map(comparison => comparison.null)
  return {
    tone: 'bad',
    text: 'Not modular beyond chance',
    detail: `Split into ${modules}, it is not clearly better than shuffled networks of the kind ${failing.join(' and ')}: ${pText(worst)}, above α = ${numberText(verdict.alpha)}. ${effectText(effect)}`,
  }
}

function pText(comparison: NullComparison): string {
  const atFloor = comparison.p <= comparison.pFloor * (1 + 1e-12)
  const floor = atFloor
    ? `, the smallest value ${amountText(comparison.ncuts.length, 'shuffle')} can give`
    : ` (the smallest possible was ${numberText(comparison.pFloor)})`
  return `p = ${numberText(comparison.p)}${floor}`
}

function effectText(effect: number): string {
  if (effect <= 0) return `The shuffled networks’ mean n‑cut is no higher than its own (effect ${numberText(effect)}).`
  return `Its n‑cut lies ${percentText(effect, 1)} of the possible range below their mean (effect ${numberText(effect)}).`
}
