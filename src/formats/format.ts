import type { Network } from '../network/network.ts'
import type { ByteSource } from './source.ts'

export interface OpenOptions {
  /** Content of a `layers.json`: the chain of layers for files that hold weights alone. */
  readonly layers?: unknown
  /** Orientation of weight matrices where the file does not tell: rows are fan-out (PyTorch) or fan-in (Keras, NumPy). */
  readonly orientation?: 'out-in' | 'in-out'
}

/** One file format. */
export interface Format {
  readonly name: string
  /** Whether this file looks like one of ours; `head` holds its first bytes (up to 512). */
  sniff(source: ByteSource, head: Uint8Array): boolean
  open(source: ByteSource, options: OpenOptions): Promise<Network>
}
