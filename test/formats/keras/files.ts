/** Keras files made on the spot, by the HDF5 library itself: what Keras writes, for configurations and weights of ours. */
import { zipSync } from 'fflate'
import { type Group, File as Hdf5File, ready } from 'h5wasm'
import { elementCount, type Tensor, tensor } from '../../../src/tensor/tensor.ts'

/** A layer's weights in Keras's order, by role. */
export type LayerWeights = Readonly<Record<string, Tensor>>

let files = 0

/** What `write` puts into a new HDF5 file. */
export async function hdf5Bytes(
  write: (file: Hdf5File) => void,
  form: 'earliest' | 'v108' | 'latest' = 'earliest',
): Promise<Uint8Array<ArrayBuffer>> {
  const { FS } = await ready
  const path = `test-${files++}.h5`
  const file = new Hdf5File(path, 'w', { libver: [form, 'latest'] })
  write(file)
  file.close()
  const bytes = FS.readFile(path)
  FS.unlink(path)
  return Uint8Array.from(bytes as Uint8Array)
}

/** A dataset at a path, with the groups it is in. */
export function store(file: Hdf5File, name: string, { data, shape }: Tensor): void {
  folder(file, name.split('/').slice(0, -1))
  file.create_dataset({ name, data: data as Float32Array, shape: [...shape] })
}

function folder(file: Hdf5File, parts: readonly string[]): void {
  parts.forEach((_, depth) => {
    const path = parts.slice(0, depth + 1).join('/')
    if (!file.get(path)) file.create_group(path)
  })
}

export const layer = (className: string, name: string, config: object = {}) => ({
  class_name: className,
  config: { name, ...config },
})

/** A chain that reads examples of this shape. */
export const sequential = (shape: readonly (number | null)[], ...layers: readonly object[]) => ({
  class_name: 'Sequential',
  config: { name: 'net', layers: [layer('InputLayer', 'x', { batch_shape: [null, ...shape] }), ...layers] },
})

/** `.h5` of Keras 2 and 3; without a configuration, weights alone. */
export function h5Model(
  config: object | undefined,
  weights: Readonly<Record<string, LayerWeights>>,
  version = '2.15.0',
): Promise<Uint8Array<ArrayBuffer>> {
  return hdf5Bytes(file => {
    file.create_attribute('keras_version', version)
    if (config) file.create_attribute('model_config', JSON.stringify(config))
    const root = config ? ['model_weights'] : []
    folder(file, root)
    const at = (path: string) => file.get(path) as Group
    ;(config ? at('model_weights') : file).create_attribute('layer_names', Object.keys(weights))
    for (const [name, own] of Object.entries(weights)) {
      const path = [...root, ...name.split('/')]
      folder(file, path)
      const names = Object.keys(own).map(role => `${name}/${role}:0`)
      if (names.length > 0) at(path.join('/')).create_attribute('weight_names', names)
      Object.values(own).forEach((values, i) => {
        store(file, [...path, names[i]].join('/'), values)
      })
    }
  })
}

/** `.keras`: layers by their class in snake case, counted, with further models in front where they are in one. */
export async function archive(
  config: object,
  weights: Readonly<Record<string, readonly Tensor[]>>,
  level: 0 | 6 = 0,
  more: (file: Hdf5File) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const stored = await hdf5Bytes(file => {
    for (const [name, own] of Object.entries(weights))
      own.forEach((values, i) => {
        store(file, `layers/${name}/vars/${i}`, values)
      })
    more(file)
  })
  const json = (value: object) => new TextEncoder().encode(JSON.stringify(value))
  const members = {
    'metadata.json': json({ keras_version: '3.8.0' }),
    'config.json': json(config),
    'model.weights.h5': stored,
  }
  return zipSync(members, { level }) as Uint8Array<ArrayBuffer>
}

/** Numbers that differ from each other, around 0. */
export function ramp(...shape: number[]): Tensor {
  const size = elementCount(shape)
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.fround(Math.sin(1 + 1.7 * i))),
    shape,
  )
}
