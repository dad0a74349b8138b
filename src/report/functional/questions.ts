/** The questions an analysis with examples answers, one by one, each with its p-values and how large the effect is. */
import type { MeanEffect, PooledTest } from '../../modules/pooled.ts'
import { amountText, numberText } from '../number-text.ts'
import { scoreOf } from './score.ts'
import type { Functioning } from './sub-module-text.ts'

type Answer = 'yes' | 'borderline' | 'no' | 'open'

export interface Question {
  readonly part: 'structure' | 'function'
  readonly text: string
  readonly answer: Answer
  /** Ties counted, and mid-p; null where there is none. */
  readonly p: number | null
  readonly mid: number | null
  /** In words. */
  readonly effect: string
}

/** All questions this analysis can answer; the first of each part decides the verdict of that part. */
export function questionsOf(found: Functioning): Question[] {
  const { activations, coherence, lesions, data } = found.functional
  const { pooled } = lesions
  const questions = [
    structureQuestion(found),
    pooledQuestion(found, 'Does losing a module cost more than losing random units?', pooled.macro, effectText(found)),
  ]
  if (lesions.intact.classes.length > 1)
    questions.push(
      pooledQuestion(
        found,
        'Does that hurt classes less evenly than losing random units?',
        pooled.range,
        rangeText(found),
      ),
    )
  if (pooled.loss) {
    const text =
      data.answers === 'own'
        ? 'Do the outputs move further than without random units?'
        : 'Does the loss rise more than without random units?'
    questions.push(pooledQuestion(found, text, pooled.loss, '–'))
  }
  if (activations) {
    const { agreement, nmiNull } = activations.comparison
    questions.push({
      part: 'function',
      text: 'Do the units of a module act alike, more than chance?',
      answer: nmiNull.p <= found.verdict.alpha ? 'yes' : 'no',
      p: nmiNull.p,
      mid: null,
      effect: `NMI ${numberText(agreement.nmi)} with the modules by activations; 1 is equal`,
    })
  }
  if (coherence) {
    const { score, entropy, labelEntropy, scoreEffect, entropyEffect, labelEntropyEffect } = coherence.pooled
    const add = (text: string, test: PooledTest | null, effect: MeanEffect | null) => {
      const large = effect ? intervalText('mean effect', effect, coherence.subModules.length) : '–'
      if (test) questions.push(pooledQuestion(found, text, test, large))
    }
    add('Does one picture drive a module’s units further than random units?', score, scoreEffect)
    add('Does that picture look more like one class to the network?', entropy, entropyEffect)
    add('Are the inputs that drive a module most more often of one class?', labelEntropy, labelEntropyEffect)
  }
  return questions
}

function structureQuestion({ verdict }: Functioning): Question {
  const deciding = verdict.comparisons.filter(comparison => verdict.deciding.includes(comparison.null))
  const p = deciding.length > 0 ? Math.max(...deciding.map(comparison => comparison.p)) : null
  const effect = Math.min(...deciding.map(comparison => comparison.effect))
  return {
    part: 'structure',
    text: 'Are the modules cut apart more cleanly than in shuffled networks?',
    answer: p === null ? 'open' : verdict.modular ? 'yes' : 'no',
    p,
    mid: null,
    effect: p === null ? 'not tested' : `n-cut effect ${numberText(effect)}`,
  }
}

/** Fisher's test over all sub-modules. Where it could not have come out significant, it says nothing. */
function pooledQuestion(
  { verdict: { alpha } }: Functioning,
  text: string,
  test: PooledTest | null,
  effect: string,
): Question {
  const p = test?.conservative?.fisher ?? null
  const mid = test?.mid?.fisher ?? null
  const answer = (): Answer => {
    if (!test || p === null || mid === null || test.leastFisher > alpha) return 'open'
    return p <= alpha ? 'yes' : mid <= alpha ? 'borderline' : 'no'
  }
  return { part: 'function', text, answer: answer(), p, mid, effect }
}

function effectText({ functional }: Functioning): string {
  const { lesions } = functional
  const { macroEffect } = lesions.pooled
  if (!macroEffect) return '–'
  const { mean, interval } = macroEffect
  const score = scoreOf(functional)
  if (!score.isShare || lesions.parameters.effect !== 'difference')
    return intervalText('mean effect', macroEffect, lesions.subModules.length)
  return `on average ${score.change(mean)} of macro accuracy more [${interval.map(score.bare).join(', ')}]`
}

function rangeText({ functional: { lesions } }: Functioning): string {
  const { rangeEffect } = lesions.pooled
  return rangeEffect ? intervalText('mean effect', rangeEffect, lesions.subModules.length) : '–'
}

function intervalText(
  name: string,
  { mean, interval, count }: { mean: number; interval: readonly [number, number]; count: number },
  all: number,
): string {
  const missing = count < all ? `, ${amountText(all - count, 'sub-module')} without a value` : ''
  return `${name} ${numberText(mean)} [${numberText(interval[0])}, ${numberText(interval[1])}]${missing}`
}
