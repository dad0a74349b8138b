/** What stands in a lesion study for one lesion, and for one sub-module beside its controls. */
import type { UnitGraph } from '../../graph/unit-graph.ts'
import { type RankTest, rankTest } from '../rank-test.ts'
import type { SubModule } from '../sub-module.ts'
import { differenceEffect, ratioEffect, shareEffect } from './effects.ts'
import { classAccuracies, type Outcome, overallAccuracy } from './outcome.ts'
import type { LesionProtocol } from './protocols.ts'
import { type LesionScores, lesionScores, regressionScores } from './scores.ts'
import { type SubModuleKind, subModuleKind } from './taxonomy.ts'

/** One lesion in numbers. */
export interface LesionRecord {
  /** Accuracy over all examples; null for regression. */
  readonly accuracy: number | null
  /** Accuracy in each class, or what stands for it; null for classes without examples. */
  readonly classes: readonly (number | null)[]
  /** Macro accuracy M. */
  readonly macro: number
  /** ρ; null where it is not defined. */
  readonly range: number | null
  readonly loss: number | null
  readonly divergence: number | null
  /** Share of examples that each class is the answer for. */
  readonly answers: readonly number[]
}

export interface SubModuleRecord {
  readonly layer: number
  readonly name: string
  readonly module: number
  readonly units: readonly number[]
  /** Share of its layer's live units. */
  readonly share: number
  readonly lesion: LesionRecord
  readonly controls: readonly LesionRecord[]
  readonly macro: RankTest
  readonly range: RankTest
  /** Of the loss, or of KL to the intact answers without labels; null where neither was worked out. */
  readonly loss: RankTest | null
  readonly effect: { readonly macro: number | null; readonly range: number | null }
  readonly kind: SubModuleKind
}

/** Accuracy in each class, or what stands for it. */
export const scoredClasses = (outcome: Outcome) =>
  outcome.errors ? regressionScores(outcome.errors) : classAccuracies(outcome)

export function lesionRecord(outcome: Outcome, before: Float64Array): LesionRecord {
  const classes = scoredClasses(outcome)
  const { macro, range } = lesionScores(before, classes)
  const total = outcome.examples.reduce((sum, count) => sum + count, 0)
  return {
    accuracy: outcome.errors ? null : overallAccuracy(outcome),
    classes: Array.from(classes, value => (Number.isNaN(value) ? null : value)),
    macro,
    range: Number.isFinite(range) ? range : null,
    loss: outcome.loss,
    divergence: outcome.divergence,
    answers: Array.from(outcome.answers, count => count / total),
  }
}

export interface Compared {
  readonly intact: Outcome
  readonly before: Float64Array
  readonly lesion: Outcome
  readonly controls: readonly Outcome[]
  readonly protocol: LesionProtocol
  readonly live: number
  readonly graph: UnitGraph
  readonly tests: 'necessity' | 'sufficiency'
}

export function subModuleRecord({ layer, module, units }: SubModule, compared: Compared): SubModuleRecord {
  const { before, protocol, intact } = compared
  const lesion = lesionScores(before, scoredClasses(compared.lesion))
  const controls = compared.controls.map(control => lesionScores(before, scoredClasses(control)))
  // Kept alone, a sub-module that matters leaves more than random units do.
  const [worse, larger] = compared.tests === 'necessity' ? (['left', 'right'] as const) : (['right', 'left'] as const)
  const over = (pick: (scores: LesionScores) => number) => Float64Array.from(controls, pick)
  const costOf = (outcome: Outcome) => (outcome.errors ? null : (outcome.loss ?? outcome.divergence))
  const cost = costOf(compared.lesion)
  const macro = rankTest(
    lesion.macro,
    over(scores => scores.macro),
    worse,
  )
  const record = lesionRecord(compared.lesion, before)
  const share = units.length / compared.live
  return {
    ...{ layer, module, share, macro },
    name: compared.graph.layers[layer].name,
    units: [...units],
    lesion: record,
    controls: compared.controls.map(control => lesionRecord(control, before)),
    range: rankTest(
      lesion.range,
      over(scores => scores.range),
      'right',
    ),
    loss:
      cost === null
        ? null
        : rankTest(
            cost,
            Float64Array.from(compared.controls, one => costOf(one)!),
            larger,
          ),
    effect: effectBy(protocol.effect, lesion, controls),
    kind: subModuleKind({
      ...{ share, units: units.length, controls: protocol.controls },
      change: record.accuracy === null ? lesion.change : record.accuracy - overallAccuracy(intact),
      p: overallP(compared, worse, protocol),
    }),
  }
}

function effectBy(effect: LesionProtocol['effect'], lesion: LesionScores, controls: readonly LesionScores[]) {
  if (effect === 'difference') return differenceEffect(lesion, controls)
  const { macro, range } = effect === 'ratio' ? ratioEffect(lesion, controls) : shareEffect(lesion, controls)
  return { macro: Number.isFinite(macro) ? macro : null, range: Number.isFinite(range) ? range : null }
}

/** p of overall accuracy, as the taxonomy takes it. */
function overallP({ lesion, controls }: Compared, tail: 'left' | 'right', { ties }: LesionProtocol): number {
  const value = (outcome: Outcome) => (outcome.errors ? -outcome.loss! : overallAccuracy(outcome))
  const test = rankTest(value(lesion), Float64Array.from(controls, value), tail)
  return ties === 'strict' ? test.strict : (test.conservative ?? 1)
}
