/** Which layer of a `layers.json` reads which: the one before it, or those it names. */
import { UsageError } from '../errors.ts'
import type { LayerEntry } from './weights-layers.ts'

/** Stands for the network's input among the layers that are read. */
export const NETWORK_INPUT = -1

export interface Wiring {
  /** Given, or the common part of the tensors' names, or the type and a number. */
  readonly name: string
  /** Indices of the layers it reads, {@link NETWORK_INPUT} for the input. */
  readonly inputs: readonly number[]
}

/** @throws UsageError when a layer names one that does not stand before it */
export function wire(entries: readonly LayerEntry[]): Wiring[] {
  const counts = new Map<string, number>()
  const places = new Map<string, number>([['input', NETWORK_INPUT]])
  return entries.map((entry, at) => {
    const name = entry.name ?? nameOf(entry, counts)
    const wanted = 'inputs' in entry ? entry.inputs : 'input' in entry && entry.input !== undefined ? [entry.input] : []
    const inputs = wanted.map(other => {
      const place = places.get(other)
      if (place !== undefined) return place
      const known = [...places.keys()].slice(-12).join(', ')
      throw new UsageError(
        'usage.layers',
        `layers.json, layer ${at + 1}: it reads "${other}", but no layer before it has that name; the last ones are ${known}.`,
      )
    })
    places.set(name, at)
    return { name, inputs: inputs.length > 0 ? inputs : [at - 1] }
  })
}

/** The common part of the names of a layer's tensors; where there is none, `dense1`, `dense2` and so on. */
function nameOf(entry: LayerEntry, counts: Map<string, number>): string {
  const tensorName = ('weight' in entry ? entry.weight : 'mean' in entry ? entry.mean : '').replace(/:0$/, '')
  const stem = tensorName.replace(/[./_](weights?|kernel|running_mean|moving_mean|mean)$/, '')
  if (stem !== tensorName) return stem
  const count = (counts.get(entry.type) ?? 0) + 1
  counts.set(entry.type, count)
  return `${entry.type}${count}`
}
