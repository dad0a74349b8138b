import { parseHTML } from 'linkedom'
import { describe, expect, test } from 'vitest'
import { figuresOf } from '../../src/report/figures.ts'
import { headline } from '../../src/report/headline.ts'
import { renderReport } from '../../src/report/html.ts'
import { type Plan, syntheticAnalysis } from './synthetic-analysis.ts'
import { type FunctionPlan, withFunction } from './synthetic-function.ts'

const SMALL: Plan = { sizes: [6, 12, 12, 4], k: 4 }
const PLANS: Readonly<Record<string, Plan & { readonly functional?: FunctionPlan }>> = {
  'a small perceptron': SMALL,
  'a picture as input': { sizes: [64, 20, 10], k: 12, modular: false },
  'skips and forty modules': { sizes: [16, 16, 32, 32, 10], k: 40, kind: 'channel', skips: [[0, 2]] },
  'one layer only': { sizes: [30], k: 2 },
  'one module': { sizes: [6, 12, 4], k: 1 },
  'a network with examples': { sizes: [16, 60, 60, 10], k: 12, functional: { pictures: true } },
  'examples without labels': { sizes: [16, 24, 10], k: 3, functional: { answers: 'own' } },
  'a regression': { sizes: [2, 24, 24, 9], k: 4, functional: { answers: 'targets' } },
}

describe.each(Object.entries(PLANS))('the report of %s', (_name, plan) => {
  const { functional } = plan
  const analysis = functional ? withFunction(syntheticAnalysis(plan), functional) : syntheticAnalysis(plan)
  const page = renderReport(analysis)
  const { document } = parseHTML(page)

  test('holds every parameter, the command, the hash and how to cite', () => {
    const text = document.body.textContent ?? ''
    for (const [name, value] of Object.entries(analysis.parameters)) {
      expect(text).toContain(name)
      expect(text).toContain(typeof value === 'string' ? value : JSON.stringify(value))
    }
    for (const promised of [analysis.command!, analysis.hash, '2003.04881', '2103.03386', '@software{lobes'])
      expect(text).toContain(promised)
    for (const { name, type, reason } of analysis.network.leftOut)
      for (const part of [name, type, reason]) expect(text).toContain(part)
    for (const removed of analysis.partition.removedBecause) expect(text).toContain(removed.rule)
    for (const note of analysis.network.notes) expect(text).toContain(note)
  })

  test('fetches nothing: no address but the name of the SVG language', () => {
    const addresses = new Set(page.match(/(?:https?:)?\/\/[\w.]+[^"'\s<]*/g))
    expect([...addresses]).toEqual(['http://www.w3.org/2000/svg'])
    // Pictures lie in the page itself.
    const bare = page.replace(/ src="data:image\/png;base64,[A-Za-z0-9+/=]+"/g, '')
    expect(bare).not.toMatch(/\s(?:src|srcset|data|poster)=|url\(|@import|<link|<iframe/)
    for (const link of document.querySelectorAll('[href]')) expect(link.getAttribute('href')).toMatch(/^#/)
  })

  test('shows every figure in words too: caption, label, table, reachable by keyboard', () => {
    const figures = figuresOf(analysis)
    expect(document.querySelectorAll('figure')).toHaveLength(figures.length)
    for (const { name, title } of figures) {
      const section = document.getElementById(name)!
      expect(section.querySelector('h2')!.textContent).toBe(title)
      expect(section.querySelector('figure')!.getAttribute('tabindex')).toBe('0')
      expect(section.querySelector('figcaption')!.textContent!.length).toBeGreaterThan(40)
      expect(section.querySelector('svg')!.getAttribute('aria-label')).toBeTruthy()
      expect(section.querySelector('details table tbody tr')).toBeTruthy()
    }
    expect(document.querySelector('.skip')!.getAttribute('href')).toBe('#report')
    expect(document.getElementById('report')).toBeTruthy()
  })

  test('defines every colour it uses in both themes, and a rule to highlight every module', () => {
    const style = document.querySelector('style')!.textContent!
    const used = new Set([...page.matchAll(/var\(--([\w-]+)\)/g)].map(([, name]) => name))
    const themes = [...style.matchAll(/color-scheme:(light|dark);([^}]*)/g)]
    expect(themes.map(([, theme]) => theme)).toEqual(['light', 'dark', 'dark', 'light'])
    for (const [, , declarations] of themes) for (const name of used) expect(declarations).toContain(`--${name}:#`)
    for (let module = 0; module < plan.k; module++) expect(style).toContain(`[data-focus="${module}"]`)
  })

  test('has no holes where numbers belong, and every id once', () => {
    expect(
      page.replace(/<script>[\s\S]*?<\/script>/g, '').match(/.{20}(?:NaN|undefined|Infinity|\[object)/g),
    ).toBeNull()
    const ids = [...document.querySelectorAll('[id]')].map(element => element.id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('text from a file stays text', () => {
  const hostile = [
    '</script><img src=x onerror=alert(1)>',
    '"><svg onload=alert(2)>',
    "' onfocus='alert(3)",
    '</title></style><script>alert(4)</script>',
    '\u202Egnp.exe\u0000\uD800`alert(5)`',
  ]
  const names = [...hostile.slice(0, 4), '=cmd|calc']
  const analysis = syntheticAnalysis({ sizes: [6, 8, 8, 8, 4], k: 3, names })
  const page = renderReport({
    ...analysis,
    file: { ...analysis.file, name: hostile[3], producer: hostile[0] },
    command: hostile[0],
    parameters: { ...analysis.parameters, [hostile[1]]: hostile[2] },
    network: {
      ...analysis.network,
      notes: hostile,
      leftOut: hostile.map(name => ({ name, type: name, reason: name })),
    },
  })
  const { document } = parseHTML(page)

  test('no element, attribute or script comes out of it', () => {
    expect(document.querySelectorAll('img')).toHaveLength(0)
    expect(document.querySelectorAll('script')).toHaveLength(1)
    for (const element of document.querySelectorAll('*'))
      for (const { name } of element.attributes) expect(name).not.toMatch(/^on/)
    expect(document.body.textContent).toContain(hostile[0])
    expect(document.title).toContain(hostile[3])
  })

  test('characters that turn text around or that no document can hold are replaced', () => {
    expect(page.isWellFormed()).toBe(true)
    for (const character of ['\u0000', '\u202E']) expect(page.includes(character)).toBe(false)
  })

  test('the one script is the one that the content security policy names', async () => {
    const script = document.querySelector('script')!.textContent!
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(script))
    const policy = document.querySelector('meta[http-equiv]')!.getAttribute('content')!
    expect(policy).toContain(`script-src 'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`)
    expect(policy).toContain("default-src 'none'")
  })
})

test('a network of 4,224 units makes a page below 3 MB', () => {
  const sizes = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
  const page = renderReport(syntheticAnalysis({ sizes, k: 12, kind: 'channel' }))
  expect(new TextEncoder().encode(page).length).toBeLessThan(3e6)
})

test('the same analysis gives the same bytes', () => {
  expect(renderReport(syntheticAnalysis(SMALL))).toBe(renderReport(syntheticAnalysis(SMALL)))
})

describe('the headline', () => {
  test('says modular with the floor of p named', () => {
    const { text, detail } = headline(syntheticAnalysis(SMALL))
    expect(text).toBe('This network is modular')
    expect(detail).toContain('p = 0.0099, the smallest value 100 shuffles can give')
    expect(detail).toContain('layer-nonzero and degree-preserving')
  })

  test('says not modular and under which null models', () => {
    const { text, detail } = headline(syntheticAnalysis({ ...SMALL, modular: false }))
    expect(text).toBe('Not modular beyond chance')
    expect(detail).toContain('above α = 0.05')
  })

  test('claims nothing that was not tested', () => {
    const analysis = syntheticAnalysis(SMALL)
    const verdict = { ...analysis.verdict, comparisons: [], deciding: [], modular: false }
    expect(headline({ ...analysis, verdict }).text).toBe('4 modules, not tested')
    expect(headline(syntheticAnalysis({ sizes: [6, 12, 4], k: 1 })).text).toBe('No modules found')
  })
})
