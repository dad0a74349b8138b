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

/** The package's form for Node, which alone starts threads there. Not written out, so that bundlers leave it alone. */
const NODE_FORM = 'onnxruntime-web'

let isStarted = false

/**
 * The threads of the first session are those of all: the WebAssembly is started once in a process or page. In a
 * browser, more than one needs a page that is isolated across origins.
 */
export async function ortWebRuntime({ wasm }: OrtWebOptions = {}): Promise<Runtime> {
  const ort = await load()
  const version = ort.env.versions.web ?? ort.env.versions.common
  return {
    name: 'onnxruntime-web',
    version,
    async load(network, { threads = 1 } = {}) {
      if (!isStarted) {
        ort.env.wasm.numThreads = threads
        if (wasm) ort.env.wasm.wasmPaths = { wasm }
        isStarted = true
      }
      const session = await ortSession(ort, 'wasm', network, { name: 'onnxruntime-web', version, threads })
      // Where threads cannot be had, it has gone back to one by now.
      return { ...session, runtime: { ...session.runtime, threads: ort.env.wasm.numThreads ?? 1 } }
    },
  }
}

async function load(): Promise<typeof import('onnxruntime-web')> {
  const isNode = 'process' in globalThis && process.versions?.node !== undefined
  try {
    return await (isNode ? import(/* @vite-ignore */ NODE_FORM) : import('onnxruntime-web/wasm'))
  } catch (cause) {
    throw new UnsupportedError(
      'unsupported.runtime',
      'onnxruntime-web cannot be loaded here; npm install onnxruntime-web adds it.',
      { cause },
    )
  }
}
