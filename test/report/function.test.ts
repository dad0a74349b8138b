/** The functional part of the report: structure and function side by side, cards, limits, words. */
import { parseHTML } from 'linkedom'
import { describe, expect, test } from 'vitest'
import type { Analysis } from '../../src/report/analysis.ts'
import { classNames } from '../../src/report/functional/class-names.ts'
import { costScale } from '../../src/report/functional/cost-scale.ts'
import { questionsOf } from '../../src/report/functional/questions.ts'
import { functioning } from '../../src/report/functional/sub-module-text.ts'
import { verdictsOf } from '../../src/report/functional/verdicts.ts'
import { renderReport } from '../../src/report/html.ts'
import { syntheticAnalysis } from './synthetic-analysis.ts'
import { type FunctionPlan, withFunction } from './synthetic-function.ts'

const structure = (modular: boolean) => syntheticAnalysis({ sizes: [16, 60, 60, 10], k: 4, modular })
const made = (plan: FunctionPlan = {}, modular = true) => withFunction(structure(modular), plan)
const documentOf = (analysis: Analysis) => parseHTML(renderReport(analysis)).document
const verdicts = (plan: FunctionPlan, modular: boolean) => verdictsOf(functioning(made(plan, modular))!)

describe('structure and function', () => {
  test.each([
    [true, 0.2, 'Structure and function agree'],
    [true, -0.1, 'Structure and function disagree'],
    [false, 0.2, 'Structure and function disagree'],
    [false, -0.1, 'Structure and function agree: nothing beyond chance'],
  ])('modular %s, cost %s: %s', (modular, cost, text) => {
    expect(verdicts({ cost }, modular).together.text).toBe(text)
    expect(documentOf(made({ cost }, modular)).getElementById('verdicts')!.textContent).toContain(text)
  })

  test('says in words which of the two it is', () => {
    expect(verdicts({ cost: -0.1 }, true).together.detail).toContain('Do not read these groups as functions')
    expect(verdicts({ cost: 0.2 }, false).together.detail).toContain('may gather the strong units')
  })

  test('neither verdict is taken for the other: the headline stays that of structure', () => {
    expect(documentOf(made({}, false)).querySelector('h1')!.textContent).toBe('Not modular beyond chance')
  })

  test('a network at chance gets a warning, and no verdict on its function', () => {
    const { function: working, together } = verdicts({ warned: true }, true)
    expect(working.detail).toContain('no better than chance')
    expect(together.text).toBe('Nothing can be compared yet')
  })

  test('a test that could not have come out significant answers nothing', () => {
    const analysis = withFunction(syntheticAnalysis({ sizes: [16, 20, 10], k: 2 }), { controls: 2 })
    const [, importance] = questionsOf(functioning(analysis)!)
    expect(importance.answer).toBe('open')
    expect(documentOf(analysis).getElementById('function-tests')!.textContent).toContain('Nor could all together')
  })
})

describe('the page', () => {
  const document = documentOf(made())

  test('has a card for each sub-module, what costs most first, the rest behind one click', () => {
    const cards = [...document.querySelectorAll('article.card')]
    expect(cards).toHaveLength(8)
    for (const card of cards) {
      expect(card.querySelector('svg[role=img]')!.getAttribute('aria-label')).toContain('without module')
      expect(card.textContent).toMatch(/\d+ units?, \d+ % of its layer/)
      expect(card.textContent).toMatch(/Importance.*Unevenness.*Loss/s)
    }
    const many = documentOf(withFunction(syntheticAnalysis({ sizes: [16, 200, 200, 10], k: 12 })))
    expect(many.querySelectorAll('#sub-modules > .cards article')).toHaveLength(9)
    expect(many.querySelector('#sub-modules summary')!.textContent).toBe('Show all 24')
    expect(many.querySelectorAll('article.card')).toHaveLength(24)
  })

  test('shows what drives a sub-module on its card, and what that proves', () => {
    const pictured = documentOf(made({ pictures: true }))
    const [first, ...rest] = [...pictured.querySelectorAll('article.card')].map(
      card => card.querySelectorAll('img').length,
    )
    expect([first, ...rest].sort()).toEqual([0, 6, 6, 6, 6, 6, 6, 6])
    const card = [...pictured.querySelectorAll('article.card')].find(one => one.querySelector('img'))!
    expect(card.textContent).toContain('seen as 1')
    expect(card.querySelector('img')!.getAttribute('alt')).toContain('takes it for 1 (70 %)')
    expect(pictured.getElementById('verdicts')!.textContent).toContain(
      'Does one picture drive a module’s units further',
    )
    expect(pictured.getElementById('function-tests')!.textContent).toContain('Coherence: top inputs')
    const unlabelled = documentOf(made({ pictures: true, answers: 'own' }))
    expect(unlabelled.getElementById('function-tests')!.textContent).not.toContain('Coherence: top inputs')
  })

  test('leaves pictures out where they would make the page heavy, and lets no address in', () => {
    const analysis = made({ pictures: true })
    const { functional } = analysis
    const records = functional!.coherence!.subModules
    const change = (png: string) => ({
      ...analysis,
      functional: {
        ...functional!,
        coherence: {
          ...functional!.coherence!,
          subModules: records.map(one => ({ ...one, picture: { width: 9, height: 9, png } })),
        },
      },
    })
    // Parsers of the tests cannot take attributes this long.
    expect(renderReport(change('A'.repeat(80_000))).match(/<img /g)).toHaveLength(7)
    const hostile = documentOf(change('" onerror="alert(1)'))
    for (const image of hostile.querySelectorAll('img')) expect(image.getAttribute('onerror')).toBeNull()
  })

  test('says which tests could not have been significant, and counts what is no number', () => {
    const text = document.getElementById('function-tests')!.textContent!
    expect(text).toContain('No single sub-module could have passed a correction for 8 of them')
    expect(text).toContain('That takes 159 random sets each')
    const range = [...document.querySelectorAll('#function-tests tbody tr')].find(row =>
      row.textContent!.includes('Unevenness'),
    )!
    expect([...range.querySelectorAll('td')].map(cell => cell.textContent).slice(0, 3)).toEqual(['8', '0', '4'])
  })

  test('names what ran, on what, and both hashes', () => {
    const analysis = made()
    const text = document.body.textContent!
    for (const part of [
      'reference 0.1.0',
      '500 of made up',
      analysis.hash,
      analysis.functional!.hash,
      'A note on function.',
    ])
      expect(text).toContain(part)
  })

  test('without labels nothing is called accuracy in the figures', () => {
    const own = documentOf(made({ answers: 'own' }))
    expect(own.getElementById('lesions')!.textContent).toContain('answers unchanged')
    expect(own.getElementById('function-tests')!.textContent).toContain('Divergence from the intact answers')
    for (const id of ['lesions', 'accuracy-profiles', 'kinds', 'sub-modules'])
      expect(own.getElementById(id)!.textContent).not.toMatch(/accuracy/)
  })

  test('regression is shown by its score, without percent', () => {
    const names = classNames({ heads: 1, targets: new Float32Array(1) }, 9)
    expect(names).toEqual(['1', 'y', 'y²', 'x', 'xy', 'xy²', 'x²', 'x²y', 'x²y²'])
    const regression = documentOf(made({ answers: 'targets', classes: names }))
    expect(regression.getElementById('lesions')!.querySelector('svg')!.textContent).not.toContain('%')
    expect(regression.getElementById('sub-modules')!.textContent).toContain('x²y²')
  })

  test('a thousand classes show those that matter, and the page stays small', () => {
    const classes = Array.from({ length: 1000 }, (_, c) => `class number ${c}`)
    const page = renderReport(made({ classes }))
    expect(page.length).toBeLessThan(3e6)
    const { document: many } = parseHTML(page)
    expect(many.querySelector('article.card svg[role=img]')!.querySelectorAll('text').length).toBeLessThan(25)
  })

  test('hostile class names stay text', () => {
    const hostile = ['<img src=x onerror=alert(1)>', '</svg><script>', '\u202E"\'', '4']
    const { document: page } = parseHTML(renderReport(made({ classes: hostile })))
    expect(page.querySelectorAll('img, main script')).toHaveLength(0)
    for (const element of page.querySelectorAll('*'))
      for (const { name } of element.attributes) expect(name).not.toMatch(/^on/)
  })
})

describe('the scale of costs', () => {
  const scale = costScale([0.1, 0.98], { range: [0, 300], intact: 0.99, isShare: true, gap: 30 })

  test('grows with the root of the distance, from the whole network', () => {
    expect(scale.at(0.99)).toBeCloseTo(300, 9)
    expect(scale.at(0.1)).toBeCloseTo(0, 9)
    expect(300 - scale.at(0.99 - 0.89 / 4)).toBeCloseTo(150, 9)
  })

  test('has ticks far enough apart', () => {
    const places = scale.ticks.map(scale.at).sort((a, b) => a - b)
    expect(places.length).toBeGreaterThan(3)
    for (let i = 1; i < places.length; i++) expect(places[i] - places[i - 1]).toBeGreaterThanOrEqual(30)
  })

  test('bears that nothing changes', () => {
    const flat = costScale([0.5, 0.5], { range: [0, 300], intact: 0.5, isShare: true, gap: 30 })
    expect(Number.isFinite(flat.at(0.5))).toBe(true)
  })
})
