/**
 * Figures as PNG, drawn by resvg. It has no fonts of its own: the caller hands over the bytes of the WebAssembly module
 * and of the fonts, because where they lie differs between Node and a browser (cli/figure-files.ts reads them in Node).
 */
import { initWasm, Resvg } from '@resvg/resvg-wasm'

export interface PngAssets {
  /** `@resvg/resvg-wasm/index_bg.wasm` */
  readonly wasm: BufferSource
  /** TrueType or OpenType files; the first names the family that everything is set in. */
  readonly fonts: readonly Uint8Array[]
  /** Family name of the fonts. */
  readonly family: string
}

export type PngRenderer = (svg: string) => Uint8Array

let started: Promise<void> | undefined

/** Starts resvg (once) and returns the renderer. Pictures are twice as large as the SVG, for sharp print. */
export async function loadPngRenderer({ wasm, fonts, family }: PngAssets): Promise<PngRenderer> {
  started ??= initWasm(wasm)
  await started
  const font = { fontBuffers: [...fonts], defaultFontFamily: family, sansSerifFamily: family }
  return svg => {
    const resvg = new Resvg(svg, { font, fitTo: { mode: 'zoom', value: 2 } })
    try {
      return resvg.render().asPng()
    } finally {
      resvg.free()
    }
  }
}
