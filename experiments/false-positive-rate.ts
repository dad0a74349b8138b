/**
 * How often does the test cry wolf? For each permutation null: networks drawn from that null, each tested against it.
 * A sound test finds p ≤ .05 in 5 % of them; of 1,000 networks, 3.65–6.35 % lie within 95 % of chance.
 *
 * node experiments/false-positive-rate.ts [--nets 1000] [--shuffles 99] [--threads 2] [--null NAME] [--base NAME]
 * A rate outside the band is checked on four times as many fresh networks; exit code 1 when it is outside again.
 */
import { parseArgs } from 'node:util'
import { threadExecutor } from '../src/jobs/threads.ts'
import { isPermutationNull, NULL_MODELS } from '../src/significance/null-models.ts'
import { baseNetwork, type CalibrationContext, nullCalibration } from './null-calibration.ts'

const { values: flags } = parseArgs({
  options: {
    nets: { type: 'string', default: '1000' },
    shuffles: { type: 'string', default: '99' },
    threads: { type: 'string', default: '2' },
    null: { type: 'string' },
    base: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
})
const nets = Number(flags.nets)
const shuffles = Number(flags.shuffles)
const ALPHA = 0.05
const K = 4
const CONFIRM = 4
const bases = {
  dense: baseNetwork([24, 24, 24, 10], 0, 11),
  'pruned 80 %': baseNetwork([48, 48, 48, 16], 0.8, 12),
}

const executor = threadExecutor(Number(flags.threads), { tasks: new URL('./tasks.ts', import.meta.url) })
let outside = 0
console.log(`p ≤ ${ALPHA}, ${shuffles} shuffles each, k = ${K}`)
for (const [name, base] of Object.entries(bases)) {
  if (flags.base && !name.startsWith(flags.base)) continue
  for (const model of NULL_MODELS.filter(model => isPermutationNull(model) && (!flags.null || model === flags.null))) {
    const context = { base, null: model, k: K, shuffles, seed: Number(flags.seed) }
    if (await withinBand(name, context, 0, nets)) continue
    // Of ten sound rates 0.5 leave a 95 % band: more networks tell chance from error.
    if (!(await withinBand(name, context, nets, CONFIRM * nets))) outside++
  }
}
await executor.close()
process.exitCode = outside > 0 ? 1 : 0

/** Tests networks number `first` … `first + count − 1`, prints the rate and says whether it is what chance allows. */
async function withinBand(name: string, context: CalibrationContext, first: number, count: number): Promise<boolean> {
  const started = performance.now()
  const indices = Array.from({ length: count }, (_, i) => first + i)
  const ps = await executor.map(nullCalibration, context, indices, {
    onProgress: ({ done }) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${name}, ${context.null}: ${done}/${count} `)
    },
  })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const half = 1.96 * Math.sqrt((ALPHA * (1 - ALPHA)) / count)
  const rate = ps.filter(p => p <= ALPHA).length / count
  const good = Math.abs(rate - ALPHA) <= half
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const band = `${percent(ALPHA - half)}–${percent(ALPHA + half)}`
  console.log(
    `${name.padEnd(12)} ${context.null.padEnd(18)} ${percent(rate)} of ${count}  band ${band}  ${good ? 'ok' : 'OUTSIDE'}  ${seconds} s`,
  )
  return good
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
