/**
 * The random-initialisation baseline: the same layers and blocks, every cell filled with |w|, w Glorot-uniform with the
 * block's own sizes, w ~ U(−√(6/(rows + columns)), √(6/(rows + columns))). It shows where an untrained network of this
 * shape would lie. A baseline, never a test: a trained network differs from it in much more than modules. Departure from
 * a true initialisation: a convolution's kernel positions are not known to the unit graph, so a channel pair gets one
 * draw instead of the norm of a kernel (experiments/random-initialisation.ts builds true networks).
 */
import { ResourceError } from '../errors.ts'
import type { DenseEdges } from '../graph/unit-graph.ts'
import type { Random } from '../random.ts'

const MOST_CELLS = 134_217_728

export function randomInitialisation(rows: number, columns: number, random: Random): DenseEdges {
  if (rows * columns > MOST_CELLS)
    throw new ResourceError(
      'resource.random-initialisation',
      `A dense block of ${rows} × ${columns} random weights exceeds ${MOST_CELLS} cells: leave this null model out.`,
    )
  const limit = Math.sqrt(6 / (rows + columns))
  const values = new Float32Array(rows * columns)
  for (let i = 0; i < values.length; i++) values[i] = limit * random.uniform()
  return { kind: 'dense', values }
}
