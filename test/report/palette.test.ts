import { expect, test } from 'vitest'
import { DARK, LIGHT } from '../../src/report/palette.ts'

type Triple = readonly [number, number, number]
type Matrix = readonly [Triple, Triple, Triple]

/** Full dichromacy in linear RGB: Machado, Oliveira and Fernandes 2009. */
const VISION: Readonly<Record<string, Matrix>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}
const LMS: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
]
const LAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
]
const OKABE_ITO = ['#000000', '#e69f00', '#56b4e9', '#009e73', '#f0e442', '#0072b2', '#d55e00', '#cc79a7']

const times = (matrix: Matrix, [a, b, c]: Triple): Triple =>
  matrix.map(row => row[0] * a + row[1] * b + row[2] * c) as unknown as Triple
const linear = (colour: string) =>
  [1, 3, 5].map(at => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as unknown as Triple
const oklab = (rgb: Triple) => times(LAB, times(LMS, rgb).map(Math.cbrt) as unknown as Triple)
const seen = (colour: string, matrix: Matrix) =>
  oklab(times(matrix, linear(colour)).map(value => Math.min(1, Math.max(0, value))) as unknown as Triple)

/** The smallest distance of two colours under any kind of vision. */
function closest(colours: readonly string[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const matrix of Object.values(VISION)) {
    const places = colours.map(colour => seen(colour, matrix))
    for (const [i, a] of places.entries())
      for (const b of places.slice(0, i)) least = Math.min(least, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]))
  }
  return least
}

const modules = (theme: Readonly<Record<string, string>>) => Array.from({ length: 12 }, (_, m) => theme[`m${m}`])

test('the twelve module colours lie further apart for every kind of vision than Okabe and Ito’s eight', () => {
  expect(closest(modules(LIGHT))).toBeGreaterThan(closest(OKABE_ITO))
})

test('in the dark theme they stay apart', () => {
  expect(closest(modules(DARK))).toBeGreaterThan(0.05)
})

test.each([
  ['light', LIGHT],
  ['dark', DARK],
])('text has the contrast WCAG AA asks for in the %s theme', (_name, theme) => {
  const luminance = (colour: string) =>
    linear(colour)[0] * 0.2126 + linear(colour)[1] * 0.7152 + linear(colour)[2] * 0.0722
  for (const ground of ['paper', 'page'])
    for (const text of ['ink', 'soft', 'accent', 'good', 'bad']) {
      const [low, high] = [luminance(theme[ground]), luminance(theme[text])].sort((a, b) => a - b)
      expect((high + 0.05) / (low + 0.05), `${text} on ${ground}`).toBeGreaterThan(4.5)
    }
})
