/**
 * A transformer as what reads from and writes to its residual stream. Files with weights alone open to one by the names
 * of their tensors; operator graphs by the pattern of attention. Matrices are read when asked for.
 */

/** A matrix in the form its use needs, whatever its form in the file. */
export interface LinearMap {
  readonly rows: number
  readonly columns: number
  /** The values: [rows × columns], row-major. */
  read(): Promise<Float64Array>
}

/** What stands between the stream and a reader, or on the stream itself. Biases never count. */
export interface Norm {
  /** `layer` takes the mean off and divides by the deviation, `rms` divides alone, `batch` is linear when it runs. */
  readonly kind: 'layer' | 'rms' | 'batch'
  /** Factor on each dimension: [width × 1]. Default: ones. */
  readonly gain?: LinearMap
}

export interface Attention {
  readonly kind: 'attention'
  readonly name: string
  readonly norm?: Norm
  readonly heads: number
  /** Heads of keys and values, each shared by heads / keyHeads heads of queries in a row. */
  readonly keyHeads: number
  /** [heads · size × width]. */
  readonly query: LinearMap
  /** [keyHeads · size × width]. */
  readonly key: LinearMap
  /** [keyHeads · valueSize × width]. */
  readonly value: LinearMap
  /** [width × heads · valueSize]. */
  readonly output: LinearMap
}

/** One perceptron, or one expert of several. */
export interface Perceptron {
  /** What the activation function, or with a gate the gate's product, is taken of: [neurons × width]. */
  readonly up: LinearMap
  /** Of gated perceptrons, what goes through the activation function: [neurons × width]. */
  readonly gate?: LinearMap
  /** [width × neurons]. */
  readonly down: LinearMap
}

export interface Mlp {
  readonly kind: 'mlp'
  readonly name: string
  readonly norm?: Norm
  /** Whether the activation lets a positive factor through (ReLU, leaky ReLU), so that neurons have a free scale. */
  readonly homogeneous: boolean
  /** One, or the experts of a mixture: their neurons are one layer, expert after expert. */
  readonly experts: readonly Perceptron[]
}

/** What reads the stream at one place and writes to it together; one part, or several side by side. */
export interface Step {
  readonly parts: readonly (Attention | Mlp)[]
  /** A norm of the stream itself behind the sum (BERT, the first transformer). */
  readonly norm?: Norm
}

/** Words of a vocabulary are no inputs here: they would outnumber all other units. */
export interface StreamInput {
  readonly name: string
  readonly kind: 'neuron' | 'channel'
  readonly units: number
  /** What each unit writes, `rows / units` directions after each other: [units · directions × width]. */
  readonly writes: LinearMap
}

export interface StreamOutput {
  readonly name: string
  readonly norm?: Norm
  /** [units × width]; absent where there is none, or where the units would be the words of a vocabulary. */
  readonly reads?: LinearMap
}

export interface Transformer {
  /** Dimensions of the residual stream. */
  readonly width: number
  readonly inputs: readonly StreamInput[]
  readonly steps: readonly Step[]
  readonly output: StreamOutput
}
