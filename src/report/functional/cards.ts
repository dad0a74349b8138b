/** A card per sub-module: its size, what its loss costs, whom it hurts, and how sure that is. */

import type { CoherenceRecord } from '../../modules/coherence/coherence-record.ts'
import type { Comparison } from '../../modules/coherence/comparison.ts'
import type { Analysis } from '../analysis.ts'
import { svgElement } from '../figures/figure.ts'
import { moduleMark } from '../figures/module-mark.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, numberText, percentText } from '../number-text.ts'
import { pageSection } from '../page.ts'
import type { FunctionalAnalysis, LesionedSubModule } from './functional-analysis.ts'
import { cardPictures } from './pictures.ts'
import { PROFILE_WIDTH, profileChart } from './profile.ts'
import { costOf, hurtClasses, meanControl, scoreOf } from './score.ts'
import { byCost, type Functioning, functioning, kindText, layerName, placeText } from './sub-module-text.ts'

/** Cards in sight before the rest is asked for. */
const IN_SIGHT = 9
/** More would make the page slow; the tables and files have them all. */
const MOST_CARDS = 120
const HURT = 4

export function cardsSection(analysis: Analysis): Markup | false {
  const found = functioning(analysis)
  if (!found) return false
  const { lesions } = found.functional
  const score = scoreOf(found.functional)
  const ranked = byCost(lesions.subModules, one => costOf(found.functional, score, one)).slice(0, MOST_CARDS)
  const cards = (list: readonly LesionedSubModule[]) =>
    markup`<div class="cards">${list.map(one => card(found, one))}</div>`
  const rest = ranked.slice(IN_SIGHT)
  return pageSection(
    'sub-modules',
    'Sub-module by sub-module',
    markup`<p class="lead">What costs most comes first. In each picture: ${score.name} in each class and over all classes, of the whole network (dashed), without the sub-module (strong line), and without random units instead (thin lines). ${score.isShare && 'In percent.'}${found.functional.coherence !== null && ' Below it what drives the units: a picture found by gradient ascent, how their activation goes with each pixel (white with it, black against it), and the examples they answer to most.'}</p>${cards(ranked.slice(0, IN_SIGHT))}${
      rest.length > 0 &&
      markup`<details><summary>Show ${ranked.length < lesions.subModules.length ? `${rest.length} more of ${countText(lesions.subModules.length)}` : `all ${countText(ranked.length)}`}</summary>${cards(rest)}</details>`
    }${lesions.leftOut > 0 && markup`<p>${amountText(lesions.leftOut, 'sub-module')} ${lesions.leftOut === 1 ? 'is' : 'are'} too small or ${lesions.leftOut === 1 ? 'fills its' : 'fill their'} layer, and ${lesions.leftOut === 1 ? 'was' : 'were'} not lesioned.</p>`}`,
  )
}

function card(found: Functioning, one: LesionedSubModule): Markup {
  const { functional } = found
  const score = scoreOf(functional)
  const hurt = hurtClasses(functional, score, one, HURT)
  const drop = costOf(functional, score, one)
  const drives = coherenceOf(functional, one)
  const picture = profileChart(found, one)
  const title = `${score.name} by class without ${placeText(found, one)}`
  return markup`<article class="card" data-m="${one.module}"><h3>${moduleMark(one.module)} <span>in ${layerName(found, one, 24)}</span><small class="kind ${one.kind}">${kindText(one.kind)}</small></h3>
<p>${amountText(one.units.length, 'unit')}, ${percentText(one.share)} of its layer. Without it ${score.name} ${drop >= 0 ? 'falls by' : 'rises by'} <b>${score.change(Math.abs(drop))}</b>; without random units by ${score.change(score.of(functional.lesions.intact) - meanControl(one, score))}.</p>
${svgElement(PROFILE_WIDTH, picture.height, title, picture.content)}
<p class="hurt">${hurt.length > 0 ? markup`Hurts${score.isShare && ' (points)'}: ${hurt.map(({ name, loss }) => markup`<span><b>${name}</b> ${score.bare(-loss)}</span> `)}` : 'Hurts no class.'}</p>
${drives && cardPictures(found, drives)}
${pTable(one, drives)}</article>`
}

/** A sub-module may be lesioned and yet be too large or too small for coherence. */
function coherenceOf({ coherence }: FunctionalAnalysis, { layer, module }: LesionedSubModule) {
  return coherence?.subModules.find(record => record.layer === layer && record.module === module)
}

function pTable(one: LesionedSubModule, drives: CoherenceRecord | undefined): Markup {
  const rows = [
    ['Importance', one.macro, numberText(one.effect.macro)],
    ['Unevenness', one.range, numberText(one.effect.range)],
    ...(one.loss ? [['Loss', one.loss, ''] as const] : []),
    ...(drives ? comparisonRow('One picture drives it', drives.score) : []),
    ...(drives?.entropy ? comparisonRow('… and means one class', drives.entropy) : []),
    ...(drives?.top?.labelEntropy ? comparisonRow('Inputs of one class', drives.top.labelEntropy) : []),
  ] as const
  return markup`<table><thead><tr><th scope="col">Test</th><th scope="col">p</th><th scope="col">mid-p</th><th scope="col">effect</th></tr></thead><tbody>${rows.map(
    ([name, test, effect]) =>
      markup`<tr><th scope="row">${name}</th><td>${numberText(test.conservative)}</td><td>${numberText(test.mid)}</td><td>${effect}</td></tr>`,
  )}</tbody></table>`
}

const comparisonRow = (name: string, { test, effect }: Comparison) => [[name, test, numberText(effect)] as const]
