/** Figures as files of their own. */
import { UsageError } from '../errors.ts'
import type { Analysis } from './analysis.ts'
import { figuresOf } from './figures.ts'
import { profilesFigure } from './functional/profiles-figure.ts'
import { LIGHT, resolveColours } from './palette.ts'

export interface FigureFile {
  /**
   * File stem: `network`, `flow`, `paths`, `nulls`, `spectrum`, `k-choice`, `stability`, `weights`; with a functional
   * part `lesions`, `profiles`, `accuracy-profiles`, `kinds`, `pair-costs`, `pair-p`, `dependencies`, `activation-modules`.
   */
  readonly name: string
  /** A complete SVG document on white, in the light theme. */
  readonly svg: string
}

/** Every figure of an analysis as a standalone SVG document. */
export function figureFiles(analysis: Analysis): FigureFile[] {
  const profiles = profilesFigure(analysis)
  return [...figuresOf(analysis), ...(profiles ? [profiles] : [])].flatMap(({ name, svg }) =>
    svg.markup === '' ? [] : [{ name, svg: standAlone(svg.markup) }],
  )
}

/** One figure as a standalone SVG document. Throws a UsageError that lists the names when there is none of this name. */
export function figureSvg(analysis: Analysis, name: string): string {
  const files = figureFiles(analysis)
  const file = files.find(candidate => candidate.name === name)
  if (!file)
    throw new UsageError(
      'usage.figure',
      `There is no figure "${name}" in this analysis. There are ${files.map(candidate => candidate.name).join(', ')}.`,
    )
  return file.svg
}

function standAlone(svg: string): string {
  const background = `<rect width="100%" height="100%" fill="${LIGHT.paper}"/>`
  return resolveColours(svg).replace(/^<svg[^>]*>/, opening => opening + background) + '\n'
}
