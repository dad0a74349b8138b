/** The published networks: what detection finds in each, to the last bit. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tableAccuracy } from '../../src/sculpt/accuracy.ts'
import { detectModules } from '../../src/sculpt/detect.ts'
import { detectionRecord } from '../../src/sculpt/detection-record.ts'
import { parseNetworkLine } from '../../src/sculpt/network-lines.ts'
import { booleanTask } from '../../src/tasks/boolean.ts'
import { truthTable } from '../../src/tasks/function-graph.ts'

const FILE = '../shared/fixtures/neural-sculpting/reference.jsonl'

describe.skipIf(!existsSync(FILE))('500 pruned networks of the paper (skipped without ../shared)', () => {
  const lines = existsSync(FILE) ? readFileSync(FILE, 'utf8').trim().split('\n') : []

  it('condense, cluster, merge and score as published, every one', () => {
    expect(lines).toHaveLength(500)
    for (const line of lines) {
      const { id, alive, condensed_arch, clusters, modules, trace, acc_masked } = JSON.parse(line)
      const { network, options, task } = parseNetworkLine(line, 'reference')
      const accuracy = tableAccuracy(network, truthTable(booleanTask(task as string)))
      const record = detectionRecord(id, detectModules(network, options), accuracy)
      expect(record).toEqual({ id, alive, condensed_arch, clusters, modules, trace, accuracy: acc_masked })
    }
  })
})
