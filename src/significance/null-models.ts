/**
 * The null models: random networks that share something with the given one, block by block.
 *
 * | model | every block keeps |
 * |---|---|
 * | `layer` | the multiset of its cells, zeros included |
 * | `layer-nonzero` | positions of its edges, multiset of their weights |
 * | `layer-kde` | number of edges; weights redrawn from a kernel density estimate |
 * | `layer-nonzero-kde` | positions of its edges; weights redrawn likewise |
 * | `degree-preserving` | every unit's number of edges and sum of weights |
 * | `random-initialisation` | its size alone (a baseline, it never decides) |
 * | `edges` | nothing of its own: weights are permuted over the pairs of all blocks together |
 *
 * Blocks are independent of each other, but for `edges`. Blocks within one layer (from = to), such as commute affinities,
 * activation graphs and graphs without layers have, are symmetric: `edges` and `degree-preserving` take them, a permutation of
 * their cells would not be symmetric.
 */
import { UnsupportedError } from '../errors.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'
import type { Random } from '../random.ts'
import { degreePreservingSampler } from './degree-preserving.ts'
import { degreePreservingWithin } from './degree-preserving-within.ts'
import { permuteEdges } from './permute-edges.ts'
import { type Edges, permuteAll, permuteNonZero, redrawNonZero } from './permute-weights.ts'
import { randomInitialisation } from './random-initialisation.ts'
import type { NullModel } from './verdict.ts'

/** `paper` draws the kernel density models as arXiv 2003.04881's code does. */
export type Protocol = 'default' | 'paper'

type BlockSampler = (random: Random) => Edges

interface Model {
  /** Part of the random stream's address: never reuse or change one. */
  readonly code: number
  /** Whether the verdict may rest on it. */
  readonly permutation: boolean
  sampler(edges: Edges, rows: number, columns: number, protocol: Protocol): BlockSampler
}

/** The code of the null model that permutes over all blocks. */
const EDGES = 7

const MODELS: Readonly<Record<Exclude<NullModel, 'edges'>, Model>> = {
  layer: {
    code: 1,
    permutation: true,
    sampler: (edges, rows, columns) => random => permuteAll(edges, rows, columns, random),
  },
  'layer-nonzero': { code: 2, permutation: true, sampler: edges => random => permuteNonZero(edges, random) },
  'layer-kde': {
    code: 3,
    permutation: true,
    sampler: (edges, rows, columns, protocol) => random =>
      redrawNonZero(permuteAll(edges, rows, columns, random), random, protocol === 'paper'),
  },
  'layer-nonzero-kde': {
    code: 4,
    permutation: true,
    sampler: (edges, _rows, _columns, protocol) => random => redrawNonZero(edges, random, protocol === 'paper'),
  },
  'degree-preserving': { code: 5, permutation: true, sampler: degreePreservingSampler },
  'random-initialisation': {
    code: 6,
    permutation: false,
    sampler: (_, rows, columns) => random => randomInitialisation(rows, columns, random),
  },
}

/** The names of all null models. */
export const NULL_MODELS: readonly NullModel[] = [...(Object.keys(MODELS) as (keyof typeof MODELS)[]), 'edges']

/** True for the nulls that a verdict may rest on. */
export function isPermutationNull(model: NullModel): boolean {
  return model === 'edges' || MODELS[model].permutation
}

/** The null model's number in random stream addresses. */
export function nullCode(model: NullModel): number {
  return model === 'edges' ? EDGES : MODELS[model].code
}

/**
 * Prepares a null model of a graph; each call of the result draws one random network with the same layers.
 * Throws `UnsupportedError` for blocks within one layer, but for `edges` and `degree-preserving`.
 */
export function nullSampler(
  model: NullModel,
  graph: UnitGraph,
  protocol: Protocol = 'default',
): (random: Random) => UnitGraph {
  if (model === 'edges') return random => permuteEdges(graph, random)
  const samplers = graph.blocks.map(({ from, to, edges }) => {
    if (from === to && model === 'degree-preserving') return degreePreservingWithin(edges, graph.layers[to].size)
    if (from === to)
      throw new UnsupportedError(
        'unsupported.null-diagonal',
        `The null model ${model} needs edges between different layers, but layer ${graph.layers[to].name} has edges ` +
          'within itself (as correlations, the commute affinity and graphs without layers have): use the null models edges and degree-preserving.',
      )
    return MODELS[model].sampler(edges, graph.layers[to].size, graph.layers[from].size, protocol)
  })
  return random => ({
    layers: graph.layers,
    blocks: graph.blocks.map(({ from, to }, i) => ({ from, to, edges: samplers[i](random) })),
  })
}
