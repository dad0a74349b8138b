import { describe, expect, it } from 'vitest'
import { compileKernels, wasmModuleText } from '../../src/kernels/build.ts'
import { wasm } from '../../src/kernels/wasm.ts'

describe('the committed kernels', () => {
  it('are what their sources compile to (else: npm run build:kernels)', async () => {
    const text = wasmModuleText(await compileKernels())
    const committed = text
      .match(/'([^']+)'/g)
      ?.map(part => part.slice(1, -1))
      .join('')
    expect(wasm).toBe(committed)
  }, 60_000)
})
