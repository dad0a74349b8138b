/** All figures of a report, in the order they are shown. */
import type { Analysis } from './analysis.ts'
import type { Figure, FigureMaker } from './figures/figure.ts'
import { flowFigure } from './figures/flow.ts'
import { kChoiceFigure } from './figures/k-choice.ts'
import { networkFigure } from './figures/network.ts'
import { nullsFigure } from './figures/nulls.ts'
import { pathFigure } from './figures/path-weights.ts'
import { spectrumFigure } from './figures/spectrum.ts'
import { stabilityFigure } from './figures/stability.ts'
import { weightsFigure } from './figures/weights.ts'
import { functionFigures } from './functional/function-figures.ts'

const MAKERS: readonly FigureMaker[] = [
  networkFigure,
  nullsFigure,
  flowFigure,
  pathFigure,
  stabilityFigure,
  spectrumFigure,
  kChoiceFigure,
  weightsFigure,
]

/** The figures this analysis has something for: a network of one layer has no flow, an untested one no nulls. */
export function structureFigures(analysis: Analysis): Figure[] {
  return MAKERS.flatMap(make => make(analysis) ?? [])
}

/** Those of structure, then those of function. */
export function figuresOf(analysis: Analysis): Figure[] {
  return [...structureFigures(analysis), ...functionFigures(analysis)]
}
