/** The hashes of one clustering and one test with every null model, computed wherever this runs. */
import { inlineExecutor } from '../../src/executor.ts'
import { prepareGraph } from '../../src/graph/prepare.ts'
import { mlp } from '../../src/network/architectures.ts'
import { cluster } from '../../src/partition/cluster.ts'
import { partitionHash, verdictHash } from '../../src/report/results.ts'
import { NULL_MODELS } from '../../src/significance/null-models.ts'
import { testModularity } from '../../src/significance/test.ts'

export interface ResultHashes {
  readonly cluster: string
  readonly test: string
}

/**
 * What every machine, browser and number of threads must give. They change only when what is computed changes: then say
 * so in the CHANGELOG and put the new ones here.
 */
export const EXPECTED: ResultHashes = {
  cluster: '181f36413ab4a9c8001e69223b3a04368ce26a07f2b1dd74aa2ccb81dd20b788',
  test: '982eb7251e7deb0ae05a7f5a2ed54962aabeee7b0bbd96b368d7b1b042cffc42',
}

export async function resultHashes(executor = inlineExecutor): Promise<ResultHashes> {
  const { network } = mlp([20, 24, 24, 10], { seed: 3, planting: { modules: 4 } })
  const { graph } = (await prepareGraph(network)).part
  const partition = await cluster(graph, { k: 4, seed: 5 })
  const options = { k: 4, seed: 5, shuffles: 19, nulls: NULL_MODELS, partition, executor } as const
  const deciding = NULL_MODELS.filter(model => model !== 'random-initialisation')
  const verdict = await testModularity(graph, { ...options, deciding })
  return { cluster: partitionHash(partition), test: verdictHash(partition, verdict) }
}
