/** The PNG renderer with its WebAssembly and fonts read from the installed packages. */
import { readFile } from 'node:fs/promises'
import { loadPngRenderer, type PngRenderer } from '../report/png.ts'

const FONT = '@expo-google-fonts/atkinson-hyperlegible'

export async function pngRenderer(): Promise<PngRenderer> {
  const [wasm, regular, bold] = await Promise.all(
    [
      '@resvg/resvg-wasm/index_bg.wasm',
      `${FONT}/400Regular/AtkinsonHyperlegible_400Regular.ttf`,
      `${FONT}/700Bold/AtkinsonHyperlegible_700Bold.ttf`,
    ].map(path => readFile(new URL(import.meta.resolve(path)))),
  )
  return loadPngRenderer({ wasm, fonts: [regular, bold], family: 'Atkinson Hyperlegible' })
}
