/** The PNG renderer with its WebAssembly and fonts read from the installed packages. */
import { readFile } from 'node:fs/promises'
import { loadPngRenderer, type PngRenderer } from '../report/png.ts'

export async function pngRenderer(): Promise<PngRenderer> {
  const addresses = [
    import.meta.resolve('@resvg/resvg-wasm/index_bg.wasm'),
    import.meta.resolve('@expo-google-fonts/atkinson-hyperlegible/400Regular/AtkinsonHyperlegible_400Regular.ttf'),
    import.meta.resolve('@expo-google-fonts/atkinson-hyperlegible/700Bold/AtkinsonHyperlegible_700Bold.ttf'),
  ]
  const [wasm, regular, bold] = await Promise.all(addresses.map(address => readFile(new URL(address))))
  return loadPngRenderer({ wasm, fonts: [regular, bold], family: 'Atkinson Hyperlegible' })
}
