/**
 * Memory, measured: `node bench/memory.ts [--megabytes 200,1000] [--k 4]`. Writes safetensors files with a chain of dense
 * layers to a temporary folder (the 4 GB one sparse: it takes no room), runs `lobes inspect` on the large one and `lobes
 * cluster` on the others as processes of their own, and prints their peak resident memory beside what `--estimate` says.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { randomStream } from '../src/random.ts'

const { values } = parseArgs({
  options: { megabytes: { type: 'string', default: '200,1000' }, k: { type: 'string', default: '4' } },
})
const folder = mkdtempSync(join(tmpdir(), 'lobes-memory-'))
const MEBIBYTE = 2 ** 20

/** A chain of square layers of `width` units, of about so many bytes, and an output of ten. */
function writeChain(name: string, bytes: number, width: number, isSparse: boolean): string {
  const depth = Math.max(1, Math.round(bytes / (4 * width * width)))
  const shapes = [...Array.from({ length: depth }, () => [width, width]), [10, width]]
  const header: Record<string, unknown> = {}
  let end = 0
  for (const [l, shape] of shapes.entries()) {
    const start = end
    end += 4 * shape[0] * shape[1]
    header[`layers.${l}.weight`] = { dtype: 'F32', shape, data_offsets: [start, end] }
  }
  const text = JSON.stringify(header)
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(BigInt(text.length))
  const path = join(folder, name)
  const file = openSync(path, 'w')
  writeSync(file, head)
  writeSync(file, text)
  const random = randomStream(1)
  if (isSparse) ftruncateSync(file, 8 + text.length + end)
  else
    for (let at = 0; at < end; at += MEBIBYTE) {
      const chunk = Float32Array.from({ length: Math.min(MEBIBYTE, end - at) / 4 }, () => random.uniform() - 0.5)
      writeSync(file, new Uint8Array(chunk.buffer))
    }
  closeSync(file)
  return path
}

/** Runs lobes; the peak of its resident memory in megabytes, as the process itself knows it at its end. */
function lobes(...args: string[]) {
  const hook = 'data:text/javascript,process.on("exit",()=>console.error("peak="+process.resourceUsage().maxRSS))'
  const started = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', hook, 'src/cli/main.ts', ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  if (status !== 0) throw new Error(`lobes ${args.join(' ')} failed: ${stderr}`)
  return {
    megabytes: (Number(/peak=(\d+)/.exec(stderr)?.[1]) * 1024) / 1e6,
    seconds: (performance.now() - started) / 1000,
    stdout,
  }
}

try {
  const large = lobes('inspect', writeChain('4gb.safetensors', 4 * 2 ** 30, 8192, true))
  console.log(`inspect, 4 GB: ${large.seconds.toFixed(2)} s, ${large.megabytes.toFixed(0)} MB\n`)
  console.log('| file MB | estimate MB | peak MB | estimate / peak | seconds |\n|---|---|---|---|---|')
  for (const size of values.megabytes.split(',').map(Number)) {
    const path = writeChain(`${size}mb.safetensors`, size * 1e6, size < 500 ? 2048 : 4096, false)
    const { estimate } = JSON.parse(lobes('cluster', path, '--k', values.k, '--estimate', '--json').stdout)
    const { megabytes, seconds } = lobes('cluster', path, '--k', values.k, '--seed', '1', '--quiet')
    const told = estimate.total / 1e6
    console.log(
      `| ${size} | ${told.toFixed(0)} | ${megabytes.toFixed(0)} | ${(told / megabytes).toFixed(2)} | ${seconds.toFixed(0)} |`,
    )
    rmSync(path)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
