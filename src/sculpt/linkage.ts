/**
 * Agglomerative clustering by nearest-neighbour chains (Müllner, arXiv 1109.2378): the tree, with its ties broken as
 * SciPy 1.x breaks them, and the numbering of clusters that scikit-learn gives to a cut. Reachability features tie
 * often, so both decide which modules are found. The distance of i to the union of x and y:
 *
 *   average   (n_x d(i, x) + n_y d(i, y)) / (n_x + n_y)
 *   complete  max(d(i, x), d(i, y))
 *   single    min(d(i, x), d(i, y))
 *   ward      √(((n_i + n_x) d(i, x)² + (n_i + n_y) d(i, y)² − n_i d(x, y)²) / (n_i + n_x + n_y)), for Euclidean d
 *
 * A chain starts at the lowest cluster left; from its tip x it goes to the nearest cluster, the one it came from first,
 * then the lowest; when that is where it came from, both merge, and the higher one keeps the place. Merges are then
 * sorted by height, stably. Leaves are 0 … n − 1, merge m is node n + m, its children the lower node first.
 */

/** A full tree over `leaves` leaves; merge m joins `children[2m]` and `children[2m + 1]`. */
export interface ClusterTree {
  readonly leaves: number
  readonly children: Int32Array
}

export const LINKAGES = ['average', 'complete', 'single', 'ward'] as const
export type Linkage = (typeof LINKAGES)[number]

/** @param distances [n × n], symmetric. */
export function linkageTree(distances: Float64Array, n: number, linkage: Linkage): ClusterTree {
  const merges = chainMerges(Float64Array.from(distances), n, JOINED[linkage])
  // Array.prototype.sort is stable.
  merges.sort((a, b) => a.height - b.height)
  const parents = Int32Array.from({ length: 2 * n - 1 }, (_, node) => node)
  const root = (node: number): number => (parents[node] === node ? node : (parents[node] = root(parents[node])))
  const children = new Int32Array(2 * merges.length)
  for (const [m, { x, y }] of merges.entries()) {
    const [a, b] = [root(x), root(y)]
    children[2 * m] = Math.min(a, b)
    children[2 * m + 1] = Math.max(a, b)
    parents[a] = parents[b] = n + m
  }
  return { leaves: n, children }
}

interface Merge {
  readonly x: number
  readonly y: number
  readonly height: number
}

/** Distance to the union of x and y from those to x and y and between them, and from the sizes of x, y and i. */
type Joined = (dx: number, dy: number, dxy: number, nx: number, ny: number, ni: number) => number

const JOINED: Readonly<Record<Linkage, Joined>> = {
  average: (dx, dy, _dxy, nx, ny) => (nx * dx + ny * dy) / (nx + ny),
  complete: (dx, dy) => Math.max(dx, dy),
  single: (dx, dy) => Math.min(dx, dy),
  ward: (dx, dy, dxy, nx, ny, ni) => {
    const t = 1 / (nx + ny + ni)
    return Math.sqrt((ni + nx) * t * dx * dx + (ni + ny) * t * dy * dy - ni * t * dxy * dxy)
  },
}

function chainMerges(d: Float64Array, n: number, joined: Joined): Merge[] {
  const sizes = new Int32Array(n).fill(1)
  const chain: number[] = []
  const merges: Merge[] = []
  while (merges.length < n - 1) {
    if (chain.length === 0) chain.push(sizes.findIndex(size => size > 0))
    const tip = chain[chain.length - 1]
    const previous = chain.length > 1 ? chain[chain.length - 2] : -1
    let nearest = previous
    let least = previous >= 0 ? d[tip * n + previous] : Infinity
    for (let i = 0; i < n; i++)
      if (sizes[i] > 0 && i !== tip && d[tip * n + i] < least) {
        least = d[tip * n + i]
        nearest = i
      }
    if (nearest !== previous) {
      chain.push(nearest)
      continue
    }
    chain.length -= 2
    const [x, y] = [Math.min(tip, nearest), Math.max(tip, nearest)]
    merges.push({ x, y, height: least })
    for (let i = 0; i < n; i++)
      if (sizes[i] > 0 && i !== x && i !== y)
        d[i * n + y] = d[y * n + i] = joined(d[i * n + x], d[i * n + y], least, sizes[x], sizes[y], sizes[i])
    sizes[y] += sizes[x]
    sizes[x] = 0
  }
  return merges
}

/**
 * The leaves' clusters when the tree is cut into k: the largest node is split k − 1 times. A cluster's number is its
 * place in the binary heap that finds the largest, after the last split.
 */
export function cutTree({ leaves, children }: ClusterTree, k: number): Int32Array {
  const heap = [2 * leaves - 2]
  for (let split = 1; split < k; split++) {
    const merge = heap[0] - leaves
    heap.push(children[2 * merge])
    rise(heap, heap.length - 1)
    heap[0] = children[2 * merge + 1]
    sink(heap)
  }
  const labels = new Int32Array(leaves)
  const mark = (node: number, label: number): void => {
    if (node < leaves) labels[node] = label
    else for (const side of [0, 1]) mark(children[2 * (node - leaves) + side], label)
  }
  heap.forEach(mark)
  return labels
}

/** Moves an entry up past smaller parents. */
function rise(heap: number[], from: number): void {
  let place = from
  const node = heap[place]
  while (place > 0) {
    const parent = (place - 1) >> 1
    if (heap[parent] >= node) break
    heap[place] = heap[parent]
    place = parent
  }
  heap[place] = node
}

/** Lets the first entry sink to a leaf along the larger children, then rise: the order of Python's `heapq`. */
function sink(heap: number[]): void {
  const node = heap[0]
  let place = 0
  for (let child = 1; child < heap.length; child = 2 * place + 1) {
    if (child + 1 < heap.length && heap[child] <= heap[child + 1]) child++
    heap[place] = heap[child]
    place = child
  }
  heap[place] = node
  rise(heap, place)
}
