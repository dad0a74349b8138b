/** Talks to peer.py: one scikit-learn process held to one thread. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { forEachEdge, layerOffsets, type UnitGraph } from '../src/graph/unit-graph.ts'
import { writeNpz } from '../src/tensor/npz.ts'
import { tensor } from '../src/tensor/tensor.ts'

export interface PeerAnswer {
  readonly seconds: readonly number[]
  readonly ncuts: readonly number[]
}

export interface PeerRequest {
  /** Path from `saveForPeer`. */
  readonly graph: string
  readonly k: number
  readonly restarts: number
  readonly seeds: readonly number[]
  /** Permute all entries of each block first, anew for each seed. */
  readonly shuffle?: boolean
}

export interface Peer {
  cluster(request: PeerRequest): Promise<PeerAnswer>
  close(): void
}

/** Starts Python (`PYTHON` or python3) with scikit-learn on one thread. */
export function startPeer(): Peer {
  const child: ChildProcess = spawn(process.env.PYTHON ?? '/usr/bin/python3', [join(import.meta.dirname, 'peer.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    async cluster(request) {
      child.stdin!.write(JSON.stringify(request) + '\n')
      const { value, done } = await lines.next()
      if (done)
        throw new Error(
          'The Python peer stopped: is scikit-learn installed (Debian: python3-sklearn libopenblas0-pthread)?',
        )
      return JSON.parse(value)
    },
    close: () => child.stdin!.end(),
  }
}

/** Saves a graph's edges where the peer can read them; returns the path. */
export function saveForPeer(graph: UnitGraph, name: string): string {
  const offsets = layerOffsets(graph)
  const row: number[] = []
  const column: number[] = []
  const value: number[] = []
  for (const block of graph.blocks) {
    forEachEdge(graph, block, (r, c, weight) => {
      row.push(offsets[block.to] + r)
      column.push(offsets[block.from] + c)
      value.push(weight)
    })
  }
  const path = join(mkdtempSync(join(tmpdir(), 'lobes-bench-')), `${name}.npz`)
  const arrays = {
    sizes: tensor(
      Int32Array.from(graph.layers, layer => layer.size),
      [graph.layers.length],
    ),
    row: tensor(Int32Array.from(row), [row.length]),
    column: tensor(Int32Array.from(column), [column.length]),
    value: tensor(Float32Array.from(value), [value.length]),
  }
  writeFileSync(path, writeNpz(arrays))
  return path
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}
