/** Structure and function side by side: what each says, and whether they say the same. Neither is taken for the other. */
import type { Headline } from '../headline.ts'
import { headline } from '../headline.ts'
import { numberText } from '../number-text.ts'
import { type Question, questionsOf } from './questions.ts'
import type { Functioning } from './sub-module-text.ts'

export interface Verdicts {
  readonly structure: Headline
  readonly function: Headline
  readonly together: Headline
  readonly questions: readonly Question[]
}

export function verdictsOf(found: Functioning): Verdicts {
  const questions = questionsOf(found)
  const structure = headline(found)
  const working = functionHeadline(found, questions)
  return { structure, function: working, together: togetherHeadline(found, questions), questions }
}

function functionHeadline(found: Functioning, questions: readonly Question[]): Headline {
  const { chanceWarning, lesions } = found.functional
  const [importance] = questions.filter(question => question.part === 'function')
  if (chanceWarning !== null)
    return {
      tone: 'bad',
      text: 'The network was not understood',
      detail: `${chanceWarning} What follows says little until that is put right.`,
    }
  const { controls } = lesions.parameters
  const beside = `All ${lesions.subModules.length} sub-modules together, ${controls} random sets each: p = ${numberText(importance.p)} with ties counted, ${numberText(importance.mid)} by mid-p.`
  const size = importance.effect === '–' ? '' : ` ${capital(importance.effect)}.`
  const text = {
    yes: 'Its modules matter more than random units',
    borderline: 'Its modules may matter more than random units',
    no: 'Its modules matter no more than random units',
    open: 'Too few tests to tell what its modules matter',
  }[importance.answer]
  const tone = importance.answer === 'yes' ? 'good' : importance.answer === 'no' ? 'bad' : 'plain'
  return { tone, text, detail: beside + size }
}

/** Says in words where wiring and doing disagree. */
function togetherHeadline(found: Functioning, questions: readonly Question[]): Headline {
  const [structure] = questions
  const [importance, ...others] = questions.filter(question => question.part === 'function')
  if (found.functional.chanceWarning !== null)
    return {
      tone: 'plain',
      text: 'Nothing can be compared yet',
      detail: 'The structural verdict does not depend on the examples and stands as it is.',
    }
  const isOpen = [structure, importance].some(({ answer }) => answer === 'open' || answer === 'borderline')
  const caveat = `Structure is no proof of function, nor the other way round.${alike(others)}`
  if (isOpen)
    return {
      tone: 'plain',
      text: 'One of the two is open',
      detail: `Whether they agree cannot be said. ${caveat}`,
    }
  if (structure.answer === importance.answer)
    return structure.answer === 'yes'
      ? {
          tone: 'good',
          text: 'Structure and function agree',
          detail: `The wiring falls into groups more than chance would have it, and losing these groups costs more than losing as many random units. ${caveat}`,
        }
      : {
          tone: 'plain',
          text: 'Structure and function agree: nothing beyond chance',
          detail: `Neither is the wiring cut more cleanly than in shuffled networks, nor do the groups matter more than random units. ${caveat}`,
        }
  return structure.answer === 'yes'
    ? {
        tone: 'bad',
        text: 'Structure and function disagree',
        detail: `The wiring falls into groups more than chance would have it, yet losing one costs no more than losing as many random units of the same layer. Do not read these groups as functions. ${caveat}`,
      }
    : {
        tone: 'bad',
        text: 'Structure and function disagree',
        detail: `The groups are cut no more cleanly than in shuffled networks, yet losing one costs more than losing as many random units. They may gather the strong units rather than stand apart. ${caveat}`,
      }
}

function alike(others: readonly Question[]): string {
  const act = others.find(({ text }) => text.includes('act alike'))
  if (!act) return ''
  return act.answer === 'yes'
    ? ` Units of a module act alike more than chance (${act.effect}).`
    : ` Units of a module act no more alike than chance (${act.effect}).`
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
