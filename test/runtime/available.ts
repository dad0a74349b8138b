/** The runtimes that exist where the tests run. */
import type { RuntimeName } from '../../src/runtime/runtime.ts'

export const isNode = 'process' in globalThis

export const ORT_RUNTIMES: readonly RuntimeName[] = isNode
  ? ['onnxruntime-node', 'onnxruntime-web']
  : ['onnxruntime-web']

export const RUNTIMES: readonly RuntimeName[] = [...ORT_RUNTIMES, 'reference']
