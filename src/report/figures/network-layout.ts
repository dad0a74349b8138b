/** Places every unit of the layered drawing: layers from left to right, units sorted by module inside a layer. */
import type { Analysis, LayerSummary } from '../analysis.ts'

export interface PlacedLayer {
  /** Left edge and width of the layer's units. */
  readonly x: number
  readonly width: number
  /** Radius of a unit. */
  readonly radius: number
  /** True where units keep their places as pixels of a square picture (or of several, one below another). */
  readonly pixels: boolean
  /** The vertical middle of each module's band: [module, y] for modules with units here; none for pixels. */
  readonly bands: readonly (readonly [number, number])[]
}

export interface NetworkLayout {
  readonly width: number
  readonly height: number
  /** Distance from one layer's middle to the next, at least: room for its label. */
  readonly pitch: number
  readonly layers: readonly PlacedLayer[]
  /** Centre of each unit, [units]. */
  readonly x: Float32Array
  readonly y: Float32Array
}

const TOP = 14
/** The greatest height of a layer. */
const BODY = 440

interface Cell {
  readonly unit: number
  readonly x: number
  readonly y: number
}

export function layoutNetwork(analysis: Analysis): NetworkLayout {
  const { layers, partition } = analysis
  const x = new Float32Array(partition.labels.length)
  const y = new Float32Array(partition.labels.length)
  let units = 0
  const firstUnits = layers.map(layer => (units += layer.size) - layer.size)
  const pitch = layers.length > 24 ? 74 : layers.length > 8 ? 92 : Math.min(170, Math.max(110, 840 / layers.length))
  const drafts = layers.map((layer, l) => draftLayer(layer, firstUnits[l], partition.labels))
  const body = Math.max(120, ...drafts.map(draft => draft.height))
  const placed: PlacedLayer[] = []
  let left = 26
  for (const { cells, step, width, height, square, members } of drafts) {
    const start = Math.max(left, left + (pitch - width - 46) / 2)
    const top = TOP + (body - height) / 2
    for (const cell of cells) {
      x[cell.unit] = start + cell.x + step / 2
      y[cell.unit] = top + cell.y + step / 2
    }
    const bands = square ? [] : bandMiddles(members, partition.labels, y)
    placed.push({ x: start, width, radius: square ? step / 2 : step * 0.4, pixels: square, bands })
    left = Math.max(left + pitch, start + width + 46)
  }
  return { width: left, height: TOP + body + 46, pitch, layers: placed, x, y }
}

interface Draft {
  readonly members: readonly number[]
  readonly cells: readonly Cell[]
  readonly step: number
  readonly width: number
  readonly height: number
  readonly square: boolean
}

/** A layer on its own, its top left corner at (0, 0). */
function draftLayer({ size, role, kind }: LayerSummary, first: number, labels: readonly number[]): Draft {
  const members = Array.from({ length: size }, (_, i) => first + i)
  const side = role === 'input' && kind === 'neuron' ? squareSide(size) : undefined
  const step = side
    ? Math.max(2.4, Math.min(14, 230 / side, BODY / (size / side)))
    : Math.min(unitStep(size), BODY / (1.8 * groupByModule(members, labels).length))
  const cells = side ? placePixels(members, side, step) : placeBands(members, labels, step)
  const width = Math.max(0, ...cells.map(cell => cell.x)) + step
  const height = Math.max(0, ...cells.map(cell => cell.y)) + step
  return { members, cells, step, width, height, square: side !== undefined }
}

/** The side of the square picture that a layer of this size is: n² pixels, or three of them, from 8 × 8 on. */
function squareSide(size: number): number | undefined {
  for (const planes of [1, 3]) {
    const side = Math.sqrt(size / planes)
    if (side >= 8 && Number.isInteger(side)) return side
  }
  return undefined
}

function unitStep(size: number): number {
  if (size <= 12) return 22
  if (size <= 40) return 14
  if (size <= 96) return 10
  if (size <= 300) return 7
  return size <= 1200 ? 5 : 3.4
}

function placePixels(members: readonly number[], side: number, step: number): Cell[] {
  return members.map((unit, i) => ({ unit, x: (i % side) * step, y: Math.floor(i / side) * step }))
}

/** One band of rows per module, as few columns as fit into the height. */
function placeBands(members: readonly number[], labels: readonly number[], step: number): Cell[] {
  const groups = groupByModule(members, labels)
  const gap = Math.min(step * 0.8, 5)
  const heightOf = (columns: number) =>
    groups.reduce((sum, group) => sum + Math.ceil(group.length / columns) * step + gap, -gap)
  let columns = 1
  while (columns < members.length && heightOf(columns) > BODY) columns++
  const cells: Cell[] = []
  let y = 0
  for (const group of groups) {
    group.forEach((unit, i) => {
      cells.push({ unit, x: (i % columns) * step, y: y + Math.floor(i / columns) * step })
    })
    y += Math.ceil(group.length / columns) * step + gap
  }
  return cells
}

/** Units of each module in ascending order of module, those left out last. */
function groupByModule(members: readonly number[], labels: readonly number[]): number[][] {
  const byModule = Map.groupBy(members, unit => (labels[unit] < 0 ? Number.POSITIVE_INFINITY : labels[unit]))
  return [...byModule.keys()].sort((a, b) => a - b).map(module => byModule.get(module)!)
}

function bandMiddles(members: readonly number[], labels: readonly number[], y: Float32Array): [number, number][] {
  return groupByModule(members, labels)
    .filter(group => labels[group[0]] >= 0)
    .map(group => [labels[group[0]], (y[group[0]] + y[group[group.length - 1]]) / 2])
}
