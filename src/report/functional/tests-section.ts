/** The tests over all sub-modules, what they were measured on, and which could not have come out significant. */

import type { PooledTest } from '../../modules/pooled.ts'
import type { Analysis } from '../analysis.ts'
import { dataTable } from '../figures/figure.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, numberText } from '../number-text.ts'
import { pageSection } from '../page.ts'
import type { FunctionalAnalysis } from './functional-analysis.ts'
import { scoreOf } from './score.ts'
import { functioning } from './sub-module-text.ts'

const ALPHA = 0.05

export function testsSection(analysis: Analysis): Markup | false {
  const found = functioning(analysis)
  if (!found) return false
  const { functional } = found
  const { pooled } = functional.lesions
  const coherence = functional.coherence?.pooled
  const loss = functional.data.answers === 'own' ? 'Divergence from the intact answers' : 'Loss'
  const tests = [
    ['Importance', pooled.macro],
    ['Unevenness', pooled.range],
    [loss, pooled.loss],
    ['Coherence: picture', coherence?.score ?? null],
    ['Coherence: answer to it', coherence?.entropy ?? null],
    ['Coherence: top inputs', coherence?.labelEntropy ?? null],
  ].filter((row): row is [string, PooledTest] => row[1] !== null)
  return pageSection(
    'function-tests',
    'The tests of function',
    markup`${floorText(pooled.macro)}${dataTable(
      'All sub-modules together',
      [
        'Test',
        'Sub-modules',
        'No value',
        'No number',
        'Tied',
        'Fisher p',
        'mid-p',
        'F',
        'Stouffer',
        'Least Fisher',
        'Least single',
      ],
      tests.map(([name, test]) => [
        name,
        countText(test.tests),
        countText(test.excluded),
        countText(test.missing),
        countText(test.tied),
        numberText(test.conservative?.fisher),
        numberText(test.mid?.fisher),
        numberText(test.mid?.statistic),
        numberText(test.mid?.stouffer),
        numberText(test.leastFisher),
        numberText(test.leastSingle),
      ]),
    )}<p>Fisher p with ties counted is never too small; mid-p counts ties half, as do F and Stouffer’s p. F is the mean of −ln mid-p, 1 for no effect. Importance is by macro accuracy; coherence by how far a picture drives the units, by the entropy of the network’s answer to it, and by that of the labels of the top inputs. Least: the smallest p that could have come out, of all together and of one. Unevenness is the range of the changes over their mean: it is large too where next to nothing changes, and has no value where nothing does; such draws are left out and counted. Fisher’s method takes sub-modules for independent, which those of one network are not quite.</p>${measuredOn(functional)}`,
  )
}

/** Which tests could not have been significant, said before anybody looks for stars. */
function floorText(test: PooledTest | null): Markup {
  if (!test) return markup`<p>No sub-module has a p.</p>`
  const { tests, leastSingle, leastFisher } = test
  const all =
    leastFisher > ALPHA
      ? ` Nor could all together: their p could not have come out below ${numberText(leastFisher)}.`
      : ''
  if (leastSingle * tests <= ALPHA)
    return markup`<p>Single sub-modules could pass a correction for ${countText(tests)} of them: the least p of one is ${numberText(leastSingle)}.${all}</p>`
  return markup`<p>No single sub-module could have passed a correction for ${countText(tests)} of them, whatever it does: its p is at least ${numberText(leastSingle)}. That takes ${countText(Math.ceil(tests / ALPHA) - 1)} random sets each (<code>--controls</code>).${all}</p>`
}

function measuredOn(functional: FunctionalAnalysis): Markup {
  const { data, lesions, runtime, notes, hash } = functional
  const score = scoreOf(functional)
  const { ablation, controls } = lesions.parameters
  const answers = {
    labels: 'labels',
    targets: 'numbers to predict',
    own: 'none: what counts as right is what the intact network answers',
  }[data.answers]
  const facts: [string, string][] = [
    ['Examples', `${countText(data.examples)} of ${data.name}. ${data.provenance}`],
    ['Answers', answers],
    ['Preprocessing', JSON.stringify(data.preprocessing)],
    [`Intact ${score.name}`, score.text(score.of(lesions.intact))],
    ['Lesions', `${ablation}; ${amountText(Number(controls), 'random set')} of the same layer and size for each`],
    ...coherenceFact(functional),
    ['Run by', `${runtime.name} ${runtime.version}, ${amountText(runtime.threads, 'thread')}`],
    ['Hash of the functional numbers', hash],
  ]
  const said = [...data.notes, ...notes]
  return markup`<div class="words">${dataTable('What function was measured on', ['What', 'Value'], facts)}</div><p>The functional hash is equal for the same runtime, version and kind of machine; elsewhere compare with a tolerance. The structural hash does not depend on it.</p>${said.length > 0 && markup`<h3>Notes</h3><ul>${said.map(note => markup`<li>${note}</li>`)}</ul>`}`
}

function coherenceFact({ coherence }: FunctionalAnalysis): [string, string][] {
  if (!coherence) return []
  const { steps, controls, objective } = coherence.parameters
  return [
    [
      'Pictures',
      `${countText(Number(steps))} steps of gradient ascent (${objective} the activation function), ${countText(Number(controls))} random sets each; ${amountText(coherence.leftOut, 'sub-module')} too small or too large`,
    ],
  ]
}
