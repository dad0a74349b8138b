/**
 * PyTorch's checkpoints (`.pt`, `.pth`, `.th`, `.bin`, `.ckpt`): named tensors in a pickle, in a zip since version 1.6 and
 * in a stream before. The pickle is read by our own interpreter with an allow-list; nothing in it is executed.
 */
import type { Format } from '../format.ts'
import { networkFromWeights } from '../weights.ts'
import { readLegacyCheckpoint } from './legacy-stream.ts'
import { chooseStateDict } from './state-dict.ts'
import { weightOf } from './tensors.ts'
import { readZipCheckpoint } from './zip-container.ts'

export const pytorch: Format = {
  name: 'pytorch',
  async open(source, options) {
    const first = await source.slice(0, 1)
    const isZip = first[0] === 0x50
    const { value, readStorage } = await (isZip ? readZipCheckpoint(source) : readLegacyCheckpoint(source))
    const { tensors, notes } = chooseStateDict(value, options.key, source.name)
    const weights = Array.from(tensors, ([name, view]) => weightOf(name, view, readStorage, source.name))
    // A state_dict keeps the order of registration, and PyTorch's layers keep their matrices as [out, in].
    const hints = { isOrdered: true, usual: 'out-in' } as const
    return networkFromWeights({ source, format: 'pytorch', tensors: weights, notes, hints }, options)
  },
}
