/** A pruned multilayer perceptron as its edges alone: what sculpting leaves of a network, and what detection reads. */

/** Edges from one layer to the next, all of one length. */
export interface MaskedEdges {
  /** Unit of the lower layer. */
  readonly from: Int32Array
  /** Unit of the layer above. */
  readonly to: Int32Array
  readonly weight: Float64Array
}

export interface MaskedNetwork {
  /** Units of each layer, inputs first, outputs last. */
  readonly arch: readonly number[]
  /** Of each step between layers, `arch.length − 1`. An edge that is here is in the mask, even with weight 0. */
  readonly edges: readonly MaskedEdges[]
  /** Of each layer but the inputs: one for each unit. */
  readonly biases: readonly Float64Array[]
}
