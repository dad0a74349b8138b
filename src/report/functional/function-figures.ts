/** The figures of the functional part, in the order they are shown. */

import type { Analysis } from '../analysis.ts'
import type { Figure, FigureMaker } from '../figures/figure.ts'
import { accuracyFigure } from './accuracy-figure.ts'
import { agreementFigure } from './agreement-figure.ts'
import { dependencyFigure } from './dependency-figure.ts'
import { pairCostFigure, pairPFigure } from './pair-matrix.ts'
import { swarmFigure } from './swarm-figure.ts'
import { taxonomyFigure } from './taxonomy-figure.ts'

const MAKERS: readonly FigureMaker[] = [
  swarmFigure,
  accuracyFigure,
  taxonomyFigure,
  pairCostFigure,
  pairPFigure,
  dependencyFigure,
  agreementFigure,
]

/** None where the analysis has no functional part. */
export function functionFigures(analysis: Analysis): Figure[] {
  return MAKERS.flatMap(make => make(analysis) ?? [])
}
