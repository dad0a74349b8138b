/** Compiles assembly/ to WebAssembly and writes it, base64-coded, to wasm.ts, which is committed. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

/** The compiled module's bytes. Throws with the compiler's messages when the source does not compile. */
export async function compileKernels(): Promise<Uint8Array> {
  const root = fileURLToPath(new URL('./assembly/', import.meta.url))
  const { error, binary, stderr } = await compile(root)
  if (error || !binary) throw new Error(`The kernels do not compile:\n${stderr}`)
  return binary
}

async function compile(baseDir: string) {
  let binary: Uint8Array | undefined
  const flags = ['index.ts', '--baseDir', baseDir, '--outFile', 'kernels.wasm', '-O3', '--converge', '--noAssert']
  const result = await asc.main(
    [...flags, '--runtime', 'stub', '--enable', 'simd', '--importMemory', '--memoryBase', '1024'],
    {
      writeFile: (name: string, contents: string | Uint8Array) => {
        if (name.endsWith('.wasm') && typeof contents !== 'string') binary = contents
      },
    },
  )
  return { error: result.error, stderr: result.stderr.toString(), binary }
}

/** The text of wasm.ts for these bytes. */
export function wasmModuleText(binary: Uint8Array): string {
  const lines =
    Buffer.from(binary)
      .toString('base64')
      .match(/.{1,116}/g) ?? []
  return `/** The compiled kernels (\`npm run build:kernels\`), base64. A test recompiles and compares. */\nexport const wasm =\n  ${lines.map(line => `'${line}'`).join(' +\n  ')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const binary = await compileKernels()
  writeFileSync(new URL('./wasm.ts', import.meta.url), wasmModuleText(binary))
  console.error(`kernels: ${binary.length} bytes of WebAssembly`)
}
