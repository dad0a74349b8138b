/**
 * How often does the test cry wolf? For each permutation null: networks drawn from that null, each tested against it.
 * A sound test finds p ≤ .05 in 5 % of them; of 1,000 networks, 3.65–6.35 % lie within 95 % of chance.
 *
 * node experiments/false-positive-rate.ts [--nets 1000] [--shuffles 99] [--threads 2] [--null NAME] [--base NAME]
 * Exit code 1 when a rate lies outside the band (for as many networks as were drawn).
 */
import { parseArgs } from 'node:util'
import { threadExecutor } from '../src/jobs/threads.ts'
import { isPermutationNull, NULL_MODELS } from '../src/significance/null-models.ts'
import { baseNetwork, nullCalibration } from './null-calibration.ts'

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
const half = 1.96 * Math.sqrt((ALPHA * (1 - ALPHA)) / nets)
const band = [ALPHA - half, ALPHA + half]
const bases = {
  dense: baseNetwork([24, 24, 24, 10], 0, 11),
  'pruned 80 %': baseNetwork([48, 48, 48, 16], 0.8, 12),
}

const executor = threadExecutor(Number(flags.threads), { tasks: new URL('./tasks.ts', import.meta.url) })
let outside = 0
console.log(
  `p ≤ ${ALPHA} in ${nets} networks, ${shuffles} shuffles each, k = ${K}; band ${percent(band[0])}–${percent(band[1])}`,
)
for (const [name, base] of Object.entries(bases)) {
  if (flags.base && !name.startsWith(flags.base)) continue
  for (const model of NULL_MODELS.filter(model => isPermutationNull(model) && (!flags.null || model === flags.null))) {
    const context = { base, null: model, k: K, shuffles, seed: Number(flags.seed) }
    const indices = Array.from({ length: nets }, (_, i) => i)
    const started = performance.now()
    const ps = await executor.map(nullCalibration, context, indices, {
      onProgress: ({ done }) => {
        if (process.stderr.isTTY) process.stderr.write(`\r${name}, ${model}: ${done}/${nets} `)
      },
    })
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    const rate = ps.filter(p => p <= ALPHA).length / nets
    const mean = ps.reduce((sum, p) => sum + p, 0) / nets
    const good = rate >= band[0] && rate <= band[1]
    if (!good) outside++
    const seconds = ((performance.now() - started) / 1000).toFixed(0)
    console.log(
      `${name.padEnd(12)} ${model.padEnd(18)} ${percent(rate).padStart(7)}  mean p ${mean.toFixed(3)}  ${good ? 'ok' : 'OUTSIDE'}  ${seconds} s`,
    )
  }
}
await executor.close()
process.exitCode = outside > 0 ? 1 : 0

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
