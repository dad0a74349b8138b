/**
 * Draws with a round pen into a grey image. A stroke is a Catmull–Rom spline through its points (the tangent at a
 * point is half the way between its neighbours, at corners and ends the way to the one neighbour), cut into short straight
 * pieces; each piece inks the pixels within the pen's radius, with an edge one pixel soft.
 */

/** Straight pieces between two points of a stroke. */
const PIECES = 5

/** Points of a curve through `points` (x, y in turn), with corners kept: x, y in turn. */
export function curveThrough(points: Float64Array, corners: readonly boolean[]): Float64Array {
  const spans = points.length / 2 - 1
  const curve = new Float64Array(2 * (spans * PIECES + 1))
  for (let span = 0; span < spans; span++) {
    const before = span === 0 || corners[span] ? span : span - 1
    const after = span + 1 === spans || corners[span + 1] ? span + 1 : span + 2
    for (let axis = 0; axis < 2; axis++) {
      const from = points[2 * span + axis]
      const to = points[2 * span + 2 + axis]
      const leaving = (to - points[2 * before + axis]) / (span + 1 - before)
      const arriving = (points[2 * after + axis] - from) / (after - span)
      for (let piece = 0; piece < PIECES; piece++) {
        const t = piece / PIECES
        const u = 1 - t
        curve[2 * (span * PIECES + piece) + axis] =
          u * u * (1 + 2 * t) * from + t * t * (3 - 2 * t) * to + t * u * u * leaving - t * t * u * arriving
      }
    }
  }
  curve.set(points.subarray(points.length - 2), curve.length - 2)
  return curve
}

/**
 * Inks a polyline into `ink`, [size × size] from 0 to 1, keeping the darker value. `curve` — x, y in turn, in pixels,
 * the middle of the first pixel at (0.5, 0.5); the radius runs from `startRadius` to `endRadius`.
 */
export function inkCurve(
  ink: Float64Array,
  size: number,
  curve: Float64Array,
  startRadius: number,
  endRadius: number,
  darkness: number,
): void {
  const pieces = curve.length / 2 - 1
  for (let piece = 0; piece < pieces; piece++) {
    const radius = startRadius + ((endRadius - startRadius) * piece) / pieces
    inkPiece(ink, size, curve.subarray(2 * piece, 2 * piece + 4), radius, darkness)
  }
}

function inkPiece(ink: Float64Array, size: number, piece: Float64Array, radius: number, darkness: number): void {
  const [x0, y0, x1, y1] = piece
  const dx = x1 - x0
  const dy = y1 - y0
  const length = dx * dx + dy * dy
  const reach = radius + 0.5
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach))
  const right = Math.min(size - 1, Math.floor(Math.max(x0, x1) + reach))
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach))
  const bottom = Math.min(size - 1, Math.floor(Math.max(y0, y1) + reach))
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - x0
      const py = row + 0.5 - y0
      const along = length > 0 ? Math.max(0, Math.min(1, (px * dx + py * dy) / length)) : 0
      const ex = px - along * dx
      const ey = py - along * dy
      const square = ex * ex + ey * ey
      if (square >= reach * reach) continue
      const value = darkness * Math.min(1, reach - Math.sqrt(square))
      const at = row * size + column
      if (value > ink[at]) ink[at] = value
    }
  }
}
