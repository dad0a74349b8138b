import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { layerLabels } from '../../src/report/layer-labels.ts'
import { moduleColour, moduleGlyph } from '../../src/report/palette.ts'
import { figureFiles, figureSvg } from '../../src/report/svg.ts'
import { syntheticAnalysis } from './synthetic-analysis.ts'
import { withFunction } from './synthetic-function.ts'

const names = ['in <"&\'>', '</svg><script>alert(1)</script>', 'c\u0001\u0008', 'out]]>']
const structure = syntheticAnalysis({ sizes: [64, 20, 20, 10], k: 5, names })
const analysis = withFunction(structure)

const STRUCTURE = ['flow', 'k-choice', 'network', 'nulls', 'paths', 'spectrum', 'stability', 'weights']
const FUNCTION = [
  ...[
    'accuracy-profiles',
    'activation-modules',
    'dependencies',
    'kinds',
    'lesions',
    'pair-costs',
    'pair-p',
    'profiles',
  ],
]

test('every figure is a file of its own: named, with colours resolved and nothing to fetch', () => {
  const files = figureFiles(analysis)
  expect(files.map(file => file.name).sort()).toEqual([...STRUCTURE, ...FUNCTION].sort())
  expect(
    figureFiles(structure)
      .map(file => file.name)
      .sort(),
  ).toEqual(STRUCTURE.toSorted())
  for (const { name, svg } of files) {
    expect(svg).toMatch(
      /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"[^>]*viewBox="0 0 |^<svg [^>]*viewBox="0 0 [^>]*xmlns=/,
    )
    expect(svg).not.toMatch(/var\(|<script|<image|href=|currentColor/)
    expect(figureSvg(analysis, name)).toBe(svg)
  }
})

test('a figure that does not exist is refused with the names of those that do', () => {
  expect(() => figureSvg(analysis, 'pie')).toThrow(UsageError)
  expect(() => figureSvg(analysis, 'pie')).toThrow(/"pie".*network, nulls/)
})

describe.skipIf(typeof DOMParser === 'undefined')('in a browser', () => {
  test('every figure parses as XML and keeps hostile names as text', () => {
    for (const { svg } of figureFiles(analysis)) {
      const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml')
      expect(parsed.querySelector('parsererror')).toBeNull()
      expect(parsed.documentElement.localName).toBe('svg')
      expect(parsed.querySelector('script')).toBeNull()
    }
    expect(figureSvg(analysis, 'network')).toContain('&#60;/svg&#62;')
  })
})

test('every unit is drawn exactly once', () => {
  const svg = figureSvg(analysis, 'network')
  const units = [...svg.matchAll(/<path data-m="-?\d+" d="([^"]*)" fill="#[^"]*"><title>/g)].map(([, d]) => d)
  const marks = units.join('').match(/M/g)!.length
  expect(marks).toBe(analysis.partition.labels.length)
})

test('forty modules differ in colour or shape', () => {
  const looks = Array.from({ length: 40 }, (_, m) => `${moduleColour(m)} ${moduleGlyph(m, 0, 0, 5)}`)
  expect(new Set(looks).size).toBe(40)
})

test('layer labels drop what all names share, and never make two layers look the same', () => {
  expect(layerLabels(['input.1', '/features/features.0/Conv', '/features/features.2/Conv'])).toEqual([
    'input.1',
    'features.0',
    'features.2',
  ])
  expect(layerLabels(['/a/conv1/Conv', '/b/conv1/Conv'])).toEqual(['a/conv1', 'b/conv1'])
  expect(layerLabels(['/', 'Conv', 'MatMul'])).toEqual(['/', 'Conv', 'MatMul'])
  expect(layerLabels(['/a/Conv', '/a/Gemm'])).toEqual(['/a/Conv', '/a/Gemm'])
})
