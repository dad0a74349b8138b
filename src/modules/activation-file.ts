/**
 * Activations as NumPy's `.npz`, for networks that cannot be run here: an array for each layer, by its name, of
 * [examples × units], or [examples × channels × …] of which each channel's map is summarised.
 */
import { UsageError } from '../errors.ts'
import { readNpz } from '../formats/npz.ts'
import type { ByteSource } from '../formats/source.ts'
import type { ActivationLayer } from '../graph/correlation.ts'
import type { UnitLayer } from '../graph/unit-graph.ts'
import { writeNpz } from '../tensor/npz.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { type MapSummary, summarise } from './map-summaries.ts'

/** Names that begin with a slash, as some exporters give them, lose it: they would be paths. */
function arrayName(layer: string): string {
  return layer.replace(/^\/+/, '')
}

/** One `.npz` file that {@link activationsFromNpz} and `numpy.load` read. */
export function activationsToNpz(layers: readonly ActivationLayer[]): Uint8Array<ArrayBuffer> {
  const arrays: Record<string, Tensor> = {}
  for (const { name, size, values } of layers) {
    const examples = values.length / size
    const rows = new Float32Array(values.length)
    for (let u = 0; u < size; u++) for (let i = 0; i < examples; i++) rows[i * size + u] = values[u * examples + i]
    arrays[arrayName(name)] = tensor(rows, [examples, size])
  }
  return writeNpz(arrays)
}

/**
 * Reads activations.
 *
 * @param layers — the layers they belong to, found by name; without it every array is a layer of its own.
 * @param summary — of maps. Default: 'l1'.
 * @throws UsageError for arrays with fewer than two axes or layers the file has no array for; FormatError for damaged files.
 */
export async function activationsFromNpz(
  source: ByteSource,
  layers?: readonly UnitLayer[],
  summary: MapSummary = 'l1',
): Promise<ActivationLayer[]> {
  const found: ActivationLayer[] = []
  const names: string[] = []
  for (const array of await readNpz(source)) {
    names.push(array.name)
    const known = layers?.find(({ name }) => arrayName(name) === array.name)
    if (layers && !known) continue
    const { shape, data } = await array.read()
    const [examples, size, ...map] = shape
    if (shape.length < 2 || examples === 0 || size === 0 || (known && known.size !== size))
      throw new UsageError(
        'usage.activations',
        `${source.name}: "${array.name}" has the shape [${shape}]; activations are [examples × ${known?.size ?? 'units'}], or channels with a map behind.`,
      )
    const positions = map.reduce((product, length) => product * length, 1)
    const values = new Float32Array(size * examples)
    const own = new Float32Array(positions)
    for (let i = 0; i < examples; i++)
      for (let u = 0; u < size; u++) {
        const start = (i * size + u) * positions
        for (let at = 0; at < positions; at++) own[at] = Number(data[start + at])
        values[u * examples + i] = positions === 1 ? own[0] : summarise(own, map[map.length - 1], summary)
      }
    const layer = known ?? ({ name: array.name, size, role: 'hidden', kind: 'neuron' } as const)
    found.push({ ...layer, values })
  }
  if (found.length === 0)
    throw new UsageError(
      'usage.activations',
      `${source.name} holds ${names.join(', ')}, none of them the name of a layer: ${layers?.map(({ name }) => name).join(', ')}.`,
    )
  return layers ? layers.flatMap(({ name }) => found.filter(layer => layer.name === name)) : found
}
