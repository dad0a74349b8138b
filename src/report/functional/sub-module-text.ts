/** How sub-modules are named and looked at across the functional figures. */
import type { Analysis } from '../analysis.ts'
import { layerLabels } from '../layer-labels.ts'
import { shortText } from '../number-text.ts'
import type { FunctionalAnalysis, LesionedSubModule } from './functional-analysis.ts'

/** An analysis that has its functional part. */
export type Functioning = Analysis & { readonly functional: FunctionalAnalysis }

export function functioning(analysis: Analysis): Functioning | undefined {
  return analysis.functional && { ...analysis, functional: analysis.functional }
}

/** Short name of a sub-module's layer. */
export function layerName({ layers }: Analysis, one: Pick<LesionedSubModule, 'layer'>, length = 16): string {
  return shortText(layerLabels(layers.map(({ name }) => name))[one.layer], length)
}

/** `module 3 in dense1` */
export function placeText(
  { layers }: Analysis,
  { layer, module }: Pick<LesionedSubModule, 'layer' | 'module'>,
): string {
  return `module ${module} in ${layers[layer].name}`
}

/** The kind as a word or two. */
export const kindText = (kind: LesionedSubModule['kind']) => kind.replaceAll('-', ' ')

/** Worst first: important ones, then by cost. */
export function byCost(list: readonly LesionedSubModule[], cost: (one: LesionedSubModule) => number) {
  const rank = ({ kind }: LesionedSubModule) => (kind === 'important' ? 1 : 0)
  return list.toSorted((a, b) => rank(b) - rank(a) || cost(b) - cost(a) || a.layer - b.layer || a.module - b.module)
}
