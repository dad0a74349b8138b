/** A masked network as the plain object that `lobes sculpt --detect` reads, and that all results carry. */
import type { MaskedNetwork } from './masked-network.ts'

export interface NetworkRecord {
  readonly arch: readonly number[]
  /** Of each step between layers: [from, to, weight]. */
  readonly edges: readonly (readonly (readonly [number, number, number])[])[]
  /** Of each layer but the inputs: [unit, bias], where it is not 0. */
  readonly biases: readonly (readonly (readonly [number, number])[])[]
}

export function networkRecord({ arch, edges, biases }: MaskedNetwork): NetworkRecord {
  return {
    arch: [...arch],
    edges: edges.map(({ from, to, weight }) =>
      Array.from(from, (source, e): [number, number, number] => [source, to[e], weight[e]]),
    ),
    biases: biases.map(layer =>
      Array.from(layer, (bias, unit): [number, number] => [unit, bias]).filter(([, bias]) => bias !== 0),
    ),
  }
}
