/** Parts of a transformer in the order of the stream: each sees all that was written before it, but for those beside it. */
import type { Attention, Mlp } from '../../network/transformer.ts'
import type { AttentionWalk } from './attention-walk.ts'
import type { StreamView } from './stream-view.ts'

export interface Part {
  readonly make: Attention | Mlp
  /** Layer of the walk that writes to the stream. */
  readonly writer: number
  readonly view: StreamView
  /** Layers that read it. */
  readonly readers: readonly number[]
}

export interface Ordered {
  /** Norms stand on the stream. */
  readonly behind: boolean
  /** `norm` — layer of the walk. */
  readonly steps: readonly { readonly parts: readonly Part[]; readonly norm?: number }[]
}

/** Undefined where some part does not see what it should. */
export function stepsFrom(
  parts: readonly Part[],
  inputs: readonly number[],
  { places }: AttentionWalk,
): Ordered | undefined {
  const read = new Set(
    [...places.values()].flatMap(place => ('signal' in place ? place.signal.terms.map(term => term.layer) : [])),
  )
  // A norm before its gain is in the walk too; only what is read counts.
  const norms = [...places].flatMap(([layer, place]) =>
    place.kind === 'norm' && read.has(layer)
      ? [{ layer, sources: new Set(place.signal.terms.map(term => term.layer)) }]
      : [],
  )
  const isNorm = (layer: number) => places.get(layer)?.kind === 'norm'
  const behind = norms.some(({ sources }) => [...sources].some(isNorm))
  return behind ? behindParts(parts, inputs, norms) : beforeParts(parts, inputs)
}

function beforeParts(parts: readonly Part[], inputs: readonly number[]): Ordered | undefined {
  const steps: { parts: Part[] }[] = []
  let [before, now] = [new Set<number>(), new Set(inputs)]
  for (const part of parts) {
    const { sources } = part.view
    if (equal(sources, now)) {
      before = now
      steps.push({ parts: [part] })
    } else if (steps.length > 0 && equal(sources, before)) steps[steps.length - 1].parts.push(part)
    else return undefined
    now = new Set([...now, part.writer])
  }
  return { behind: false, steps }
}

/** Each norm on the stream sees the one before it and what one part wrote. */
function behindParts(
  parts: readonly Part[],
  inputs: readonly number[],
  norms: readonly { readonly layer: number; readonly sources: ReadonlySet<number> }[],
): Ordered | undefined {
  const first = norms.find(({ sources }) => equal(sources, new Set(inputs)))
  const steps: { parts: Part[]; norm: number }[] = first ? [{ parts: [], norm: first.layer }] : []
  for (const part of parts) {
    const last = steps.at(-1)?.norm
    const seen = last === undefined ? new Set(inputs) : new Set([last])
    const reads = part.view.through === undefined ? part.view.sources : new Set([part.view.through])
    const norm = norms.find(({ sources }) => equal(sources, new Set([...seen, part.writer])))
    if (!norm || !equal(reads, seen)) return undefined
    steps.push({ parts: [part], norm: norm.layer })
  }
  return { behind: true, steps }
}

function equal(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every(one => b.has(one))
}
