/**
 * The runtime port: what runs an operator graph. ONNX Runtime for Node, ONNX Runtime Web and a slow reference in
 * TypeScript implement it; everything that trains or measures a network is written against this.
 */
import type { Network } from '../network/network.ts'
import type { Tensor } from '../tensor/tensor.ts'

export type RuntimeName = 'onnxruntime-node' | 'onnxruntime-web' | 'reference'

export interface SessionOptions {
  /** Threads inside an operator. Default 1, so that results do not depend on the machine. */
  readonly threads?: number
}

/** What ran: stands in every result whose numbers a runtime computed. */
export interface RuntimeUsed {
  readonly name: RuntimeName
  readonly version: string
  /** Threads inside an operator that were really there. */
  readonly threads: number
}

export interface Runtime {
  readonly name: RuntimeName
  readonly version: string
  /** Prepares a network for running. Throws an UnsupportedError that names an operator the runtime does not have. */
  load(network: Network, options?: SessionOptions): Promise<Session>
}

export interface Session {
  readonly runtime: RuntimeUsed
  /**
   * Runs the network. `feeds` — a tensor for each input by name; returns the outputs asked for (default: all of the
   * network's) by name. Throws a UsageError when a feed is missing or its shape or type does not fit. Feeds are not
   * kept; results are the caller's.
   */
  run(feeds: Readonly<Record<string, Tensor>>, outputs?: readonly string[]): Promise<Record<string, Tensor>>
  /** Frees what the runtime holds. */
  release(): Promise<void>
}
