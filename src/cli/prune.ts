/** `lobes prune FILE --sparsity .9`: the smallest weights set to zero, once, without training. */
import { UsageError } from '../errors.ts'
import { encodeOnnx } from '../formats/onnx-write.ts'
import { SCHEMA_VERSION } from '../report/analysis.ts'
import { masksAsNpz, pruneNetwork } from '../training/masks.ts'
import { VERSION } from '../version.ts'
import { share, text } from './flags.ts'
import { OPEN_FLAGS, OUTPUT_FLAGS, openFile } from './network-flags.ts'
import { writeAll } from './report-files.ts'
import { columns, shown } from './terminal.ts'
import type { Verb } from './verb.ts'

const DEFAULT_SPARSITY = 0.9

export const prune: Verb = {
  description: 'Set the weights of smallest magnitude to zero, and write the network and the masks.',
  args: {
    ...OPEN_FLAGS,
    sparsity: { type: 'string', valueHint: 'P', description: `share of zeros (default ${DEFAULT_SPARSITY})` },
    global: { type: 'boolean', description: 'one threshold for all tensors, instead of the same share in each' },
    out: { type: 'string', valueHint: 'FILE.onnx', description: 'default: FILE-pruned.onnx; masks beside it' },
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal) {
    const sparsity = share(flags, 'sparsity') ?? DEFAULT_SPARSITY
    const scope = flags.global === true ? 'global' : 'layer'
    const given = text(flags, 'out')
    if (given !== undefined && !given.toLowerCase().endsWith('.onnx'))
      throw new UsageError('usage.out', `--out cannot be "${given}": the file must end in .onnx.`)
    const { source, network } = await openFile(flags)
    const out = given ?? `${source.name.replace(/\.[^./]+$/, '')}-pruned.onnx`
    const pruned = await pruneNetwork(network, { sparsity, scope })
    const masks = out.replace(/\.onnx$/i, '-masks.npz')
    await writeAll('.', [
      [out, await encodeOnnx(pruned.network)],
      [masks, masksAsNpz(pruned.masks)],
    ])
    const tensors = Array.from(pruned.masks, ([name, { shape, data }]) => {
      const kept = (data as Float32Array).reduce((sum, value) => sum + value, 0)
      return { name, shape, weights: data.length, kept, sparsity: 1 - kept / data.length }
    })
    const total = tensors.reduce((sum, { weights }) => sum + weights, 0)
    const left = tensors.reduce((sum, { kept }) => sum + kept, 0)
    terminal.print(terminal.bold(`${source.name}: ${shown(left)} of ${shown(total)} weights kept`))
    const rows = tensors.map(({ name, shape, kept, sparsity: zeros }) => [
      name,
      shape.join(' × '),
      `${shown(kept)} kept`,
      `${shown(100 * zeros, 2)} % zeros`,
    ])
    for (const line of columns(rows)) terminal.print(line)
    terminal.print(`written: ${out}, ${masks}`)
    const tool = { name: 'lobes', version: VERSION, node: process.version }
    terminal.document({ schemaVersion: SCHEMA_VERSION, tool, sparsity, scope, tensors, out, masks })
    return 0
  },
}
