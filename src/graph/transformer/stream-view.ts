/** What a reader of the residual stream sees: who has written to it, and the norm between. */
import { type Signal, slotsOf } from '../signal.ts'
import type { AttentionWalk, Place } from './attention-walk.ts'

export interface StreamView {
  /** Layers read directly, or through `norm`: writers, and norms on the stream. */
  readonly sources: ReadonlySet<number>
  readonly norm?: Extract<Place, { kind: 'norm' | 'batch' }>
  /** The layer of that norm. */
  readonly through?: number
}

/** Undefined where dimensions are not in their order, or come with factors of their own. */
export function viewOf(signal: Signal, axis: number, { places }: AttentionWalk): StreamView | undefined {
  const sources = new Set(signal.terms.map(({ layer }) => layer))
  if (!inOrder(signal, axis)) return undefined
  const [only] = sources
  const place = places.get(only)
  if (sources.size > 1 || (place?.kind !== 'norm' && place?.kind !== 'batch')) return { sources }
  const behind = place.kind === 'batch' ? 1 : place.signal.axes.length - 1
  if (!inOrder(place.signal, behind)) return undefined
  return { sources: new Set(place.signal.terms.map(({ layer }) => layer)), norm: place, through: only }
}

export function sameReading(a: StreamView, b: StreamView): boolean {
  return a.through === b.through && a.sources.size === b.sources.size && [...a.sources].every(one => b.sources.has(one))
}

/** Dimension i of the axis is unit i of every term, unscaled. */
function inOrder(signal: Signal, axis: number): boolean {
  const along = slotsOf(signal.axes[axis] ?? [])
  return signal.terms.every(({ units, gains }) => along.every((slot, i) => units[slot] === i && gains[slot] === 1))
}
