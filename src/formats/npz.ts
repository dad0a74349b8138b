/** NumPy's files: `.npz`, named arrays in a zip, and `.npy`, one array. Arrays are read when they are asked for. */
import { UnsupportedError } from '../errors.ts'
import type { WeightTensor } from '../network/network.ts'
import { checkNpyLength, decodeNpy, readNpy } from '../tensor/npy.ts'
import { NPY_PREFIX, type NpyHeader, npyHeaderEnd, parseNpyHeader } from '../tensor/npy-header.ts'
import type { Format } from './format.ts'
import type { ByteSource } from './source.ts'
import { networkFromWeights } from './weights.ts'
import { readMember, readMemberHead } from './zip.ts'
import { readZipDirectory, type ZipMember } from './zip-directory.ts'

export const npz: Format = {
  name: 'npz',
  async open(source, options) {
    const first = await source.slice(0, 1)
    const isZip = first[0] === 0x50
    const tensors = isZip ? await readNpz(source) : [await readNpyFile(source)]
    return networkFromWeights({ source, format: isZip ? 'npz' : 'npy', tensors, notes: [] }, options)
  },
}

/**
 * The arrays of an `.npz` file, in its order, without their values. Members that are not `.npy` are left out.
 *
 * @param wanted says by its name whether an array is read. Default: all.
 * @throws FormatError when the zip, or the header of one of the arrays, is damaged.
 */
export async function readNpz(source: ByteSource, wanted = (_name: string) => true): Promise<WeightTensor[]> {
  const arrays = (await readZipDirectory(source)).filter(({ name }) => name.endsWith('.npy'))
  const members = arrays.filter(({ name }) => wanted(arrayName(name)))
  if (members.length === 0)
    throw new UnsupportedError('unsupported.npz', `${source.name} is a zip without any .npy array in it.`)
  const tensors: WeightTensor[] = []
  for (const member of members) tensors.push(await describeMember(source, member))
  return tensors
}

function arrayName(member: string): string {
  return member.slice(0, -'.npy'.length)
}

async function describeMember(source: ByteSource, member: ZipMember): Promise<WeightTensor> {
  const where = `${source.name}, array "${member.name}"`
  const header = await readHeader(length => readMemberHead(source, member, length), where)
  checkNpyLength(header, member.size, where)
  return {
    name: arrayName(member.name),
    dtype: header.dtype,
    shape: header.shape,
    read: async () => readNpy(await readMember(source, member), where),
  }
}

/** The array of an `.npy` file, without its values. */
export async function readNpyFile(source: ByteSource): Promise<WeightTensor> {
  const read = (length: number) => source.slice(0, Math.min(length, source.byteLength))
  const header = await readHeader(read, source.name)
  checkNpyLength(header, source.byteLength, source.name)
  return {
    name: source.name.replace(/\.npy$/i, ''),
    dtype: header.dtype,
    shape: header.shape,
    read: async () => decodeNpy(header, await source.slice(header.dataStart, header.dataEnd)),
  }
}

/** Most headers take 128 bytes; `read` gives the first bytes of the array file. */
async function readHeader(read: (length: number) => Promise<Uint8Array>, where: string): Promise<NpyHeader> {
  const head = await read(128)
  const end = npyHeaderEnd(head.subarray(0, NPY_PREFIX), where)
  return parseNpyHeader(end <= head.length ? head : await read(end), where)
}
