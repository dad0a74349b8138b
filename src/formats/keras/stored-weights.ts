/** Where Keras keeps weights in HDF5: a group for each layer, in the form of Keras 1 to 3 (`.h5`) or of archives. */
import type { WeightTensor } from '../../network/network.ts'
import { damaged } from '../hdf5/bytes.ts'
import type { Hdf5File, Hdf5Object } from '../hdf5/hdf5.ts'
import { compareNatural } from '../weights-names.ts'
import { type KerasWeights, type PathStep, weightsByName } from './weights.ts'

/** A layer of the file, in its order. */
export interface StoredLayer {
  readonly name: string
  readonly weights: readonly WeightTensor[]
}

/** Layers by the lists of names that `.h5` files keep beside the groups. Undefined where there is no such list. */
export async function readNamedLayers(
  file: Hdf5File,
  group: Hdf5Object,
  where: string,
): Promise<StoredLayer[] | undefined> {
  const names = await namesIn(group, 'layer_names')
  if (!names) return undefined
  const layers: StoredLayer[] = []
  for (const name of names) {
    const layer = await file.find(group, name)
    if (!layer) throw damaged(where, `the layer "${name.slice(0, 200)}" is in its list, but not in it`)
    const weights: WeightTensor[] = []
    for (const weight of (await namesIn(layer, 'weight_names')) ?? []) {
      const dataset = (await file.find(layer, weight))?.dataset
      if (!dataset) throw damaged(where, `"${name.slice(0, 200)}" has no weight "${weight.slice(0, 200)}"`)
      weights.push({ name: weight.includes('/') ? weight : `${name}/${weight}`, ...dataset })
    }
    layers.push({ name, weights })
  }
  return layers
}

/** Long lists are spread over attributes with numbers. */
async function namesIn(group: Hdf5Object, key: string): Promise<string[] | undefined> {
  const whole = group.attributes.get(key)
  if (whole) return whole.texts()
  const names: string[] = []
  let part = group.attributes.get(`${key}0`)
  if (!part) return undefined
  for (let count = 1; part; part = group.attributes.get(`${key}${count++}`)) names.push(...(await part.texts()))
  return names
}

/** Layers of a model are found by name; those of models within it by the names of their weights. */
export function namedWeights(layers: readonly StoredLayer[]): KerasWeights {
  const byName = new Map(layers.map(({ name, weights }) => [name, weights]))
  return {
    of(path, roles) {
      const weights = byName.get(path[0].name) ?? []
      return path.length === 1 ? weights : weightsByName(weights).of(path.slice(1), roles)
    },
  }
}

/** Folder of layers in archives, and that of TensorFlow 2.12 and 2.13, which counted layers with weights twice. */
const LAYERS = 'layers'
const OLD_LAYERS = '_layer_checkpoint_dependencies'

/** A group can be its own member, and be so under many names. */
const DEEPEST = 20
const MOST_LAYERS = 20_000

/** One layer of an archive: a group with `vars`, numbered. */
interface ArchivedLayer extends StoredLayer {
  readonly path: string
}

/** All layers of `model.weights.h5`, models within models included. */
export async function readArchivedLayers(file: Hdf5File, where: string): Promise<ArchivedLayer[]> {
  const found: ArchivedLayer[] = []
  let visits = 0
  const visit = async (group: Hdf5Object, path: string, depth: number) => {
    if (depth > DEEPEST || ++visits > MOST_LAYERS)
      throw damaged(where, `its layers are nested more than ${DEEPEST} deep, or more than ${MOST_LAYERS}`)
    const vars = await file.find(group, 'vars')
    const name = (await vars?.attributes.get('name')?.texts())?.[0] ?? path.split('/').at(-1) ?? ''
    const weights: WeightTensor[] = []
    for (let at = 0; vars?.links?.has(String(at)); at++) {
      const dataset = (await file.find(vars, String(at)))?.dataset
      if (dataset) weights.push({ name: String(at), ...dataset })
    }
    if (path && weights.length > 0) {
      const roles = rolesOf(path, weights)
      found.push({
        path,
        name,
        weights: weights.map((weight, at) => ({ ...weight, name: `${path}/${roles[at] ?? at}` })),
      })
    }
    for (const folder of [LAYERS, OLD_LAYERS]) {
      const layers = await file.find(group, folder)
      const keys = [...(layers?.links?.keys() ?? [])]
      const names = folder === LAYERS ? new Map(keys.map(key => [key, key])) : countedAnew(keys)
      for (const [key, name] of names) {
        const layer = await file.find(layers as Hdf5Object, key)
        if (layer?.links) await visit(layer, path ? `${path}/${name}` : name, depth + 1)
      }
    }
  }
  await visit(file.root, '', 0)
  return found
}

/** `dense`, `dense_2`, `dense_4` as `dense`, `dense_1`, `dense_2`. */
function countedAnew(keys: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>()
  return new Map(
    keys.toSorted(compareNatural).map(key => {
      const className = key.replace(/_\d+$/, '')
      const count = counts.get(className) ?? 0
      counts.set(className, count + 1)
      return [key, count ? `${className}_${count}` : className]
    }),
  )
}

/** Archives number the weights of a layer. What each is follows from the class and from their shapes. */
function rolesOf(path: string, weights: readonly WeightTensor[]): readonly string[] {
  const className = path.split('/').at(-1)!.replace(/_\d+$/, '')
  if (/^(dense|conv[123]d(_transpose)?)$/.test(className)) return ['kernel', 'bias']
  const isNorm = weights.length === 4 && weights.every(({ shape }) => shape.length === 1)
  return isNorm ? ['gamma', 'beta', 'moving_mean', 'moving_variance'] : []
}

/** Layers of an archive are found by their class and count, whatever they are called. */
export function archivedWeights(layers: readonly ArchivedLayer[]): KerasWeights {
  const byPath = new Map(layers.map(layer => [layer.path, layer.weights]))
  const pathOf = (path: readonly PathStep[]) => path.map(({ key }) => key).join('/')
  return { of: path => byPath.get(pathOf(path)) ?? [] }
}
