/** What a bundler for browsers makes of the runtimes: a small start, the rest on demand, nothing native. */
import { resolve } from 'node:path'
import { build } from 'vite'
import { expect, it } from 'vitest'

it('loads ONNX Runtime on demand and leaves the native one out', async () => {
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      target: 'es2024',
      rollupOptions: { input: resolve('src/runtime/choose.ts'), preserveEntrySignatures: 'strict' },
    },
  })
  const parts = [output].flat().flatMap(one => ('output' in one ? one.output : []))
  const chunks = parts.flatMap(part => (part.type === 'chunk' ? [part] : []))
  const entry = chunks.find(({ isEntry }) => isEntry)!
  const start = chunks.filter(({ fileName }) => fileName === entry.fileName || entry.imports.includes(fileName))
  expect(start.reduce((bytes, { code }) => bytes + code.length, 0)).toBeLessThan(20_000)
  const web = chunks.filter(({ moduleIds }) => moduleIds.some(id => id.includes('node_modules/onnxruntime-web')))
  expect(web).toHaveLength(1)
  expect(web[0].isDynamicEntry).toBe(true)
  expect(parts.map(({ fileName }) => fileName).filter(name => name.endsWith('.wasm'))).toHaveLength(1)
  expect(chunks.flatMap(({ moduleIds }) => moduleIds).filter(id => /onnxruntime-node|\.node$/.test(id))).toEqual([])
})
