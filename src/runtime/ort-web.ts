/** ONNX Runtime Web on its WebAssembly back-end, in browsers and in Node. Nothing is fetched from another site. */
import { UnsupportedError } from '../errors.ts'
import { ortSession } from './ort-session.ts'
import type { Runtime } from './runtime.ts'

export interface OrtWebOptions {
  /**
   * Where `ort-wasm-simd-threaded.wasm` of the package lies, for pages whose bundler moves it. Default: beside the
   * package's code.
   */
  readonly wasm?: string | URL
}

/**
 * The threads of the first session are those of all: the WebAssembly is started once in a process or page. More than
 * one needs a page that is isolated across origins.
 */
export async function ortWebRuntime({ wasm }: OrtWebOptions = {}): Promise<Runtime> {
  const ort = await import('onnxruntime-web/wasm').catch((cause: unknown) => {
    throw new UnsupportedError(
      'unsupported.runtime',
      'onnxruntime-web cannot be loaded; npm install onnxruntime-web.',
      {
        cause,
      },
    )
  })
  const version = ort.env.versions.web ?? ort.env.versions.common
  let isStarted = false
  return {
    name: 'onnxruntime-web',
    version,
    async load(network, { threads = 1 } = {}) {
      if (!isStarted) {
        ort.env.wasm.numThreads = threads
        if (wasm) ort.env.wasm.wasmPaths = { wasm }
        isStarted = true
      }
      const used = ort.env.wasm.numThreads ?? 1
      return ortSession(ort, 'wasm', network, { name: 'onnxruntime-web', version, threads: used })
    },
  }
}
