/** The papers' own numbers: 119 sub-modules with their accuracies under lesion, and 22 lists of p-values. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ratioEffect, shareEffect } from '../../src/modules/lesions/effects.ts'
import { lesionProtocol } from '../../src/modules/lesions/protocols.ts'
import { lesionScores } from '../../src/modules/lesions/scores.ts'
import { meanEffect, pooledTest } from '../../src/modules/pooled.ts'
import { type RankTest, rankTest } from '../../src/modules/rank-test.ts'

const folder = '../shared/fixtures/local-specialization'

type Row = Record<string, string>

function table(name: string): Row[] {
  const [head, ...lines] = readFileSync(`${folder}/${name}.csv`, 'utf8').trim().split('\n')
  const names = head.trim().split(',')
  return lines.map(line =>
    Object.fromEntries(
      line
        .trim()
        .split(',')
        .map((cell, at) => [names[at], cell]),
    ),
  )
}

const accuracies = (row: Row) => Float64Array.from({ length: 10 }, (_, c) => Number(row[`acc_${c}`]))

/** Relative, but for numbers printed with ten digits. */
function expectClose(found: number, expected: string, where: string): void {
  const value = Number(expected)
  expect(Math.abs(found - value), `${where}: ${found} for ${expected}`).toBeLessThanOrEqual(1e-7 * Math.abs(value))
}

describe.skipIf(!existsSync(folder))("the papers' lesions (skipped without ../shared/fixtures)", () => {
  const rows = existsSync(folder) ? table('lesion_importance_fashion_dropout_pruned') : []
  const controlsOf = ({ net, k, layer, label }: Row) =>
    rows.filter(
      row =>
        row.net === net && row.k === k && row.layer === layer && row.label === label && row.kind.startsWith('random'),
    )
  const protocol = lesionProtocol('paper-2020')
  const subModules = rows
    .filter(({ kind }) => kind === 'true')
    .map(row => {
      const intact = accuracies(rows.find(one => one.kind === 'unlesioned' && one.net === row.net && one.k === row.k)!)
      const lesion = lesionScores(intact, accuracies(row))
      const controls = controlsOf(row).map(control => lesionScores(intact, accuracies(control)))
      expect(controls).toHaveLength(protocol.controls)
      return {
        row,
        lesion,
        controls,
        macro: rankTest(
          lesion.macro,
          Float64Array.from(controls, ({ macro }) => macro),
          'left',
        ),
        range: rankTest(
          lesion.range,
          Float64Array.from(controls, ({ range }) => range),
          'right',
        ),
        effect: shareEffect(lesion, controls),
      }
    })

  it('p-values and effects of each of the 119 sub-modules', () => {
    expect(subModules).toHaveLength(119)
    const expected = table('lesion_importance_reference_submodule_stats')
    for (const { row, macro, range, effect, lesion, controls } of subModules) {
      const where = `${row.net}, k ${row.k}, ${row.layer}-${row.label}`
      const reference = expected.find(
        one => one.net === row.net && one.k === row.k && one.layer === row.layer && one.label === row.label,
      )!
      expectClose(macro.strict, reference.p_mean, where)
      expectClose(range.strict, reference.p_range, where)
      expectClose(effect.macro / 2, reference.effect_mean, where)
      expectClose(effect.range / 2, reference.effect_range, where)
      // The ratio of 2020, by its definition.
      const mean = controls.reduce((sum, control) => sum + control.macro, 0) / controls.length
      expect(ratioEffect(lesion, controls).macro).toBe(mean / lesion.macro)
    }
  })

  it('the summaries of both networks at each k, all sub-modules and those the size filter leaves', () => {
    const filter = table('lesion_importance_reference_submodule_stats')
    for (const expected of table('lesion_importance_reference_summary')) {
      const members = subModules.filter(({ row }, at) => {
        const passes = expected.subset === 'all_submodules' || filter[at].passes_size_filter === '1'
        return row.net === expected.net && row.k === expected.k && passes
      })
      const where = `${expected.net}, k ${expected.k}, ${expected.subset}`
      expect(members.length, where).toBe(Number(expected.n_submodules))
      for (const proxy of ['mean', 'range'] as const) {
        const name = proxy === 'mean' ? 'macro' : 'range'
        const { strict } = pooledTest(
          members.map((member): RankTest => member[name]),
          protocol.controls,
        )!
        expectClose(strict.fisher, expected[`fisher_p_${proxy}s`], where)
        expectClose(strict.statistic, expected[`fisher_stat_${proxy}s`], where)
        expectClose(strict.rankUniformity, expected[`chi2_p_${proxy}s`], where)
        const effect = meanEffect(
          members.map(member => member.effect[name]),
          0,
        )!
        expectClose(effect.mean, expected[`effect_${proxy}s_x2`], where)
        expectClose(effect.error!, expected[`effect_${proxy}s_sem`], where)
      }
    }
  })

  it('ties no longer make sub-modules important: the 34 tied ones get larger p-values', () => {
    const tied = subModules.filter(({ macro }) => macro.ties > 0)
    expect(tied).toHaveLength(34)
    for (const { macro } of tied) expect(macro.conservative!).toBeGreaterThanOrEqual(macro.strict)
    // In one of them rounding had put all ties on the other side already.
    expect(tied.filter(({ macro }) => macro.conservative! > macro.strict)).toHaveLength(33)
    // Where nothing changed, the range is not defined: no p, instead of the smallest.
    const undefinedRange = subModules.filter(({ range }) => range.mid === null)
    expect(undefinedRange).toHaveLength(14)
    for (const { range } of undefinedRange) expect(range.strict).toBeCloseTo(1 / 21, 12)
  })

  it('22 published lists: χ² and Fisher to five decimals', () => {
    const lists = JSON.parse(readFileSync(`${folder}/percentile_test_vectors.json`, 'utf8'))
    expect(lists).toHaveLength(22)
    for (const list of lists) {
      const tests = list.p_values.map((p: number) => ({
        ...{ strict: p, conservative: p, mid: p - 0.5 / (list.n_random + 1) },
        ...{ draws: list.n_random, ties: 0, missing: 0 },
      }))
      const { strict, mid } = pooledTest(tests, list.n_random)!
      expect(strict.rankUniformity).toBeCloseTo(list.notebook_chi2_p_5dp, 5)
      expect(strict.fisher).toBeCloseTo(list.notebook_fisher_p_5dp, 5)
      expect(strict.statistic).toBeCloseTo(list.fisher_stat, 10)
      // Without ties mid-p is the same thing.
      expect(mid!.fisher).toBeCloseTo(strict.fisher, 12)
    }
  })
})
