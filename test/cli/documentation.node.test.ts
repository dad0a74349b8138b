/** docs/cli.md names every flag the verbs take, and no others. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { analyze } from '../../src/cli/analyze.ts'
import { cluster } from '../../src/cli/cluster.ts'
import { coherence } from '../../src/cli/coherence.ts'
import { compare } from '../../src/cli/compare.ts'
import { data } from '../../src/cli/data.ts'
import { demo } from '../../src/cli/demo.ts'
import { inspect } from '../../src/cli/inspect.ts'
import { lesion } from '../../src/cli/lesion.ts'
import { prune } from '../../src/cli/prune.ts'
import { sculpt } from '../../src/cli/sculpt.ts'
import { test } from '../../src/cli/test.ts'
import { train } from '../../src/cli/train.ts'

it('docs/cli.md lists exactly the flags there are', () => {
  const taken = [analyze, cluster, coherence, compare, data, demo, inspect, lesion, prune, sculpt, test, train]
    .flatMap(verb => Object.entries(verb.args))
    .filter(([, { type }]) => type !== 'positional')
    .map(([name]) => name)
  const told = [...readFileSync('docs/cli.md', 'utf8').matchAll(/`--([a-z]+(?:-[a-z]+)*)/g)].map(match => match[1])
  const sorted = (names: readonly string[]) => [...new Set(names)].filter(name => name !== 'help').sort()
  expect(sorted(told)).toEqual(sorted(taken))
})
