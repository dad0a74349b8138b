/** Made-up functional parts: what the report draws from, without running a network. */
import type { CoherenceRecord } from '../../src/modules/coherence/coherence-record.ts'
import type { CoherenceStudy } from '../../src/modules/coherence/coherence-study.ts'
import type { Comparison } from '../../src/modules/coherence/comparison.ts'
import type { DoubleLesion } from '../../src/modules/lesions/double-lesions.ts'
import { subModuleKind } from '../../src/modules/lesions/taxonomy.ts'
import { meanEffect, pooledTest } from '../../src/modules/pooled.ts'
import { rankTest } from '../../src/modules/rank-test.ts'
import { randomStream } from '../../src/random.ts'
import type { Analysis } from '../../src/report/analysis.ts'
import type { FunctionalAnalysis, LesionedSubModule } from '../../src/report/functional/functional-analysis.ts'

export interface FunctionPlan {
  readonly answers?: FunctionalAnalysis['data']['answers']
  readonly classes?: readonly string[]
  readonly controls?: number
  /** How many points a module's loss costs beyond random units. Default: 0.2. */
  readonly cost?: number
  readonly warned?: boolean
  readonly pictures?: boolean
}

export function withFunction(analysis: Analysis, plan: FunctionPlan = {}): Analysis {
  const { answers = 'labels', classes = [...'0123456789'], controls = 19, cost = 0.2 } = plan
  const random = randomStream(11)
  const share = answers !== 'targets'
  const scale = share ? 1 : -0.3
  const record = (drop: number) => {
    const own = classes.map(() =>
      share ? Math.max(0, 0.97 - drop * random.uniform() * 2) : scale - drop * random.uniform(),
    )
    const macro = own.reduce((a, b) => a + b, 0) / own.length
    const loss = answers === 'own' ? null : 0.1 + drop
    const divergence = answers === 'own' ? drop : null
    return {
      accuracy: share ? macro : null,
      classes: own,
      macro,
      range: drop === 0 ? null : 1 + random.uniform(),
      loss,
      divergence,
    }
  }
  const intact = { ...record(0), answers: [] }
  const subModules = analysis.layers.flatMap((layer, l): LesionedSubModule[] =>
    layer.role !== 'hidden'
      ? []
      : layer.perModule.flatMap((units, module): LesionedSubModule[] => {
          if (units < 2) return []
          const isSpecial = module % 2 === 0
          const lesion = { ...record(0.1 + (isSpecial ? cost : 0)), answers: [] }
          const draws = Array.from({ length: controls }, (_, i) =>
            record(module === 1 && i < 2 ? 0 : 0.1 * random.uniform()),
          )
          const over = (of: (one: (typeof draws)[number]) => number) => Float64Array.from(draws, of)
          const macro = rankTest(
            lesion.macro,
            over(one => one.macro),
            'left',
          )
          return [
            {
              ...{ layer: l, name: layer.name, module, units: Array.from({ length: units }, (_, i) => i) },
              ...{ share: units / layer.size, lesion, controls: draws, macro },
              range: rankTest(
                lesion.range!,
                over(one => one.range ?? Number.NaN),
                'right',
              ),
              loss: rankTest(
                lesion.loss ?? lesion.divergence!,
                over(one => one.loss ?? one.divergence!),
                'right',
              ),
              effect: { macro: intact.macro - lesion.macro, range: module === 0 ? null : 0.1 },
              kind: subModuleKind({
                ...{ units: units + 12, share: units / layer.size, controls },
                ...{ change: lesion.macro - intact.macro, p: macro.conservative! },
              }),
            },
          ]
        }),
  )
  const members = [...subModules.keys()].slice(0, 8)
  const test = (value: number) =>
    rankTest(
      value,
      Float64Array.from({ length: 19 }, () => random.uniform()),
      'left',
    )
  const types = ['I', 'II', 'III', 'IV'] as const
  const pairs = members.flatMap((_, first) =>
    members.slice(first + 1).map((_, at): DoubleLesion => {
      const second = first + 1 + at
      const sameLayer = subModules[members[first]].layer === subModules[members[second]].layer
      const type = sameLayer ? null : types[(first + second) % 4]
      return {
        ...{ first, second, accuracy: 0.4, conditionalScores: [-0.1 * random.uniform(), 0], joint: test(0.5) },
        ...{ conditional: [test(0), test(2)], type, dependent: type !== null && type !== 'IV' },
      }
    }),
  )
  const pooled = (name: 'macro' | 'range' | 'loss') =>
    pooledTest(
      subModules.flatMap(one => one[name] ?? []),
      controls,
    )
  const effect = (name: 'macro' | 'range') =>
    meanEffect(
      subModules.map(one => one.effect[name]),
      1,
    )
  const k = analysis.partition.k
  const functional: FunctionalAnalysis = {
    schemaVersion: 1,
    runtime: { name: 'reference', version: '0.1.0', threads: 1 },
    data: {
      ...{ name: 'made up', examples: 500, answers, classes, provenance: 'Drawn for a test.' },
      ...{ preprocessing: { divisor: 255 }, notes: ['A note on the data.'] },
    },
    chanceWarning: plan.warned ? 'The intact network is right in 10.0 % of the examples, no better than chance.' : null,
    lesions: {
      ...{ schemaVersion: 1, kind: 'lesions', intact, subModules, leftOut: 1, seed: 7 },
      pooled: {
        ...{ macro: pooled('macro'), range: pooled('range'), loss: pooled('loss') },
        ...{ macroEffect: effect('macro'), rangeEffect: effect('range') },
      },
      parameters: { protocol: 'default', controls, ablation: 'zero', tests: 'necessity', effect: 'difference' },
    },
    doubles: members.length < 2 ? null : { members, pairs, limit: 8, controls: 19, threshold: 0.05 },
    activations: {
      ...{ k, ncut: 3.5, correlation: 'spearman' },
      labels: analysis.partition.labels.map((label, unit) =>
        unit % 9 === 0 ? -1 : random.uniform() < 0.5 ? label : random.below(k),
      ),
      comparison: {
        agreement: { ari: 0.2, ami: 0.21, nmi: 0.25, vi: 2.5, count: 100 },
        nmiNull: { mean: 0.03, sd: 0.004, z: 50, p: 0.001, draws: 999 },
        ncut: { first: 4, second: 3.5 },
        transfer: { firstUnderSecond: 5, secondUnderFirst: 4.5 },
        means: {
          firstUnderSecond: { within: 0.2, between: 0.1 },
          secondUnderFirst: { within: 0.2, between: null },
        },
      },
    },
    coherence: plan.pictures ? coherenceOf(subModules, controls, answers === 'labels') : null,
    notes: ['A note on function.'],
    hash: 'ab12'.repeat(16),
  }
  return { ...analysis, functional }
}

/** One grey pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGOoBwAAgQCAKtnsSwAAAABJRU5ErkJggg=='

function coherenceOf(subModules: readonly LesionedSubModule[], controls: number, hasLabels: boolean): CoherenceStudy {
  const random = randomStream(13)
  const picture = { width: 1, height: 1, png: PNG }
  const compare = (): Comparison => {
    const draws = Array.from({ length: controls }, () => random.uniform())
    return { value: 0.5, controls: draws, test: rankTest(0.5, Float64Array.from(draws), 'right'), effect: 0.1 }
  }
  const records = subModules.slice(1).map(
    ({ layer, name, module, units, share }): CoherenceRecord => ({
      ...{ layer, name, module, units, share, picture, controlPictures: [picture, picture] },
      ...{ score: compare(), entropy: compare(), dispersion: compare(), answer: { class: 1, probability: 0.7 } },
      top: {
        ...{ examples: [4, 2], labels: hasLabels ? [1, 0] : null, pictures: [picture, picture] },
        labelEntropy: hasLabels ? compare() : null,
      },
      ...{ correlation: { picture, controls: [picture], largest: 0.4 }, classes: null },
    }),
  )
  const pooled = (of: (record: CoherenceRecord) => Comparison | null | undefined) =>
    pooledTest(
      records.flatMap(record => of(record)?.test ?? []),
      controls,
    )
  const effect = meanEffect([0.1, 0.2], 1)
  return {
    ...{ schemaVersion: 1, kind: 'coherence', subModules: records, selectivity: null, leftOut: 1, seed: 7 },
    pooled: {
      ...{ score: pooled(one => one.score), entropy: pooled(one => one.entropy) },
      ...{ dispersion: pooled(one => one.dispersion), labelEntropy: pooled(one => one.top?.labelEntropy) },
      ...{ scoreEffect: effect, entropyEffect: effect, labelEntropyEffect: effect },
    },
    parameters: { protocol: 'default', steps: 256, controls, objective: 'before' },
  }
}
