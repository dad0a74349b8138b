/**
 * Keras: `.h5` of Keras 1 to 3 (configuration and weights, or weights alone), `.keras` archives, and the `.weights.h5` of
 * Keras 3.
 */
import { ResourceError, UnsupportedError } from '../../errors.ts'
import type { Network } from '../../network/network.ts'
import type { Format, OpenOptions } from '../format.ts'
import { openHdf5 } from '../hdf5/hdf5.ts'
import { parseJson } from '../json.ts'
import type { ByteSource } from '../source.ts'
import { memberSource, readMember } from '../zip.ts'
import { readZipDirectory } from '../zip-directory.ts'
import { kerasNetwork } from './network.ts'
import { archivedWeights, namedWeights, readArchivedLayers, readNamedLayers } from './stored-weights.ts'
import { weightsAlone } from './weights-alone.ts'

/** Far above every configuration in use; what it becomes in memory is a multiple. */
const LONGEST_CONFIG = 2 ** 23

export const keras: Format = {
  name: 'keras',
  async open(source, options) {
    const first = await source.slice(0, 1)
    return first[0] === 0x50 ? openArchive(source) : openH5(source, options)
  },
}

/** A zip of `config.json`, `metadata.json` and `model.weights.h5`. */
async function openArchive(source: ByteSource): Promise<Network> {
  const members = await readZipDirectory(source)
  const find = (name: string) => {
    const member = members.find(member => member.name === name)
    if (member) return member
    throw new UnsupportedError(
      'unsupported.keras',
      `${source.name} is a zip without ${name}; a .keras archive of Keras 3 has it.`,
    )
  }
  const json = async (name: string) => {
    const member = find(name)
    checkLength(member.size, `${name} of ${source.name}`)
    return parseJson(await readMember(source, member), `${name} of ${source.name}`)
  }
  const config = await json('config.json')
  const { keras_version: version } = await json('metadata.json')
  const stored = await openHdf5(await memberSource(source, find('model.weights.h5')))
  const weights = archivedWeights(await readArchivedLayers(stored, source.name))
  return kerasNetwork({ name: source.name, format: 'keras', version: versionOf(version), config, weights })
}

async function openH5(source: ByteSource, options: OpenOptions): Promise<Network> {
  const file = await openHdf5(source)
  const { attributes } = file.root
  const [configText] = (await attributes.get('model_config')?.texts()) ?? []
  const group = (await file.find(file.root, 'model_weights')) ?? file.root
  const [version] = (await (attributes.get('keras_version') ?? group.attributes.get('keras_version'))?.texts()) ?? []
  const layers = await readNamedLayers(file, group, source.name)
  if (configText !== undefined && layers) {
    const what = `The model_config of ${source.name}`
    checkLength(configText.length, what)
    const config = parseJson(new TextEncoder().encode(configText), what)
    return kerasNetwork({
      name: source.name,
      format: 'keras-h5',
      version: versionOf(version),
      config,
      weights: namedWeights(layers),
    })
  }
  return weightsAlone(source, layers ?? (await readArchivedLayers(file, source.name)), !!layers, version, options)
}

function checkLength(length: number, what: string): void {
  if (length > LONGEST_CONFIG)
    throw new ResourceError(
      'resource.keras',
      `${what} has ${length} characters, more than the ${LONGEST_CONFIG} that are read.`,
    )
}

function versionOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, 40) : undefined
}
