import type { Network } from '../network/network.ts'
import type { ByteSource } from './source.ts'

export interface OpenOptions {
  /** Content of a `layers.json`: the chain of layers for files that hold weights alone. */
  readonly layers?: unknown
  /** Orientation of weight matrices where the file does not tell: rows are fan-out (PyTorch) or fan-in (Keras, NumPy). */
  readonly orientation?: 'out-in' | 'in-out'
  /** Of PyTorch checkpoints that hold several: the keys that lead to the weights, joined by dots, e.g. `model_ema`. */
  readonly key?: string
}

/** One file format. Whether a file is of this format is told by `signatures.ts`, without loading the format's code. */
export interface Format {
  readonly name: string
  open(source: ByteSource, options: OpenOptions): Promise<Network>
}
