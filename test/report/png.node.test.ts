import { expect, test } from 'vitest'
import { pngRenderer } from '../../src/cli/png-renderer.ts'
import { figureFiles } from '../../src/report/svg.ts'
import { syntheticAnalysis } from './synthetic-analysis.ts'
import { withFunction } from './synthetic-function.ts'

// resvg parses strictly, so a figure that is no valid XML fails here.
test('every figure becomes a PNG of twice its size, with text in it', async () => {
  const names = ['in <"&\'>', '</svg><script>', 'c\u0001\u0008', 'out]]>']
  const render = await pngRenderer()
  for (const { name, svg } of figureFiles(withFunction(syntheticAnalysis({ sizes: [16, 20, 20, 10], k: 5, names })))) {
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number)
    const png = render(svg)
    expect([...png.subarray(0, 8)], name).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    const header = new DataView(png.buffer, png.byteOffset)
    expect([header.getUint32(16), header.getUint32(20)], name).toEqual([2 * width, 2 * height])
    const wordless = render(svg.replace(/<text[\s\S]*?<\/text>/g, ''))
    expect(Buffer.compare(Buffer.from(png), Buffer.from(wordless)), `${name} has text`).not.toBe(0)
  }
})
