/**
 * The zip container of torch.save since PyTorch 1.6: `NAME/data.pkl`, one member for each storage in `NAME/data/`, and
 * `NAME/byteorder`. PyTorch packs nothing, so a tensor's bytes are read straight from where they lie.
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import type { ByteSource } from '../source.ts'
import { memberSource } from '../zip.ts'
import { readZipDirectory, type ZipMember } from '../zip-directory.ts'
import { torchHost } from './globals.ts'
import { type PickleValue, quoted, unpickle } from './pickle.ts'
import type { ReadStorage } from './tensors.ts'

/** What a checkpoint holds, before a state_dict is chosen. */
export interface Checkpoint {
  readonly value: PickleValue
  readonly readStorage: ReadStorage
}

export const LARGEST_PICKLE = 2 ** 26

export async function readZipCheckpoint(source: ByteSource): Promise<Checkpoint> {
  const members = await readZipDirectory(source)
  for (const { name } of members) checkName(source, name)
  const { pickle, folder } = findPickle(source, members)
  const byName = new Map(members.map(member => [member.name, member]))
  const byteOrder = byName.get(`${folder}byteorder`)
  if (byteOrder && byteOrder.size < 20) {
    const order = new TextDecoder().decode(await allOf(source, byteOrder))
    if (order.trim() !== 'little') throw bigEndian(source, order)
  }
  if (pickle.size > LARGEST_PICKLE)
    throw new FormatError(
      'format.pickle',
      `${source.name}: ${pickle.name} has ${pickle.size} bytes, too many to be one.`,
    )
  const content = await allOf(source, pickle)
  const host = torchHost(source.name, content)
  const { value } = unpickle(content, 0, host)
  for (const { key, bytes } of host.storages.values()) {
    const member = byName.get(`${folder}data/${key}`)
    if (!member || member.size < bytes)
      throw new FormatError(
        'format.storage',
        `${source.name}: storage ${quoted(key)} of ${bytes} bytes ${member ? `has only ${member.size}` : 'is missing'}; the file is damaged.`,
      )
  }
  const readStorage: ReadStorage = async (key, start, end) =>
    (await memberSource(source, byName.get(`${folder}data/${key}`)!)).slice(start, end)
  return { value, readStorage }
}

async function allOf(source: ByteSource, member: ZipMember): Promise<Uint8Array> {
  return (await memberSource(source, member)).slice(0, member.size)
}

/** Nothing is unpacked to disk, so such names could do no harm; but no honest file has them. */
function checkName(source: ByteSource, name: string): void {
  if (/^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)|\p{Cc}/iu.test(name))
    throw new FormatError(
      'format.path',
      `${source.name} has a member named ${quoted(name)}, which would leave its folder; the file is malicious or damaged.`,
    )
}

function findPickle(source: ByteSource, members: readonly ZipMember[]): { pickle: ZipMember; folder: string } {
  const has = (pattern: RegExp) => members.some(({ name }) => pattern.test(name))
  if (has(/^[^/]+\/(constants\.pkl|code\/)/))
    throw new UnsupportedError(
      'unsupported.format',
      `${source.name} is TorchScript: its architecture is code, which is not run here. In Python:\n` +
        `model = torch.jit.load(${JSON.stringify(source.name)}).eval()\n` +
        'torch.onnx.export(model, example_input, "model.onnx")  # or torch.save(model.state_dict(), "weights.pt")',
    )
  if (has(/^([^/]+\/)?(archive_format|serialized_exported_program\.json|models\/\w+\.json)$/))
    throw new UnsupportedError(
      'unsupported.format',
      `${source.name} is an exported program (torch.export); export the model to ONNX with torch.onnx.export instead.`,
    )
  const pickles = members.filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name))
  if (pickles.length !== 1)
    throw new UnsupportedError(
      'unsupported.format',
      `${source.name} is a zip with ${pickles.length || 'no'} members called data.pkl, where torch.save writes one; unpack it and open what is inside.`,
    )
  return { pickle: pickles[0], folder: pickles[0].name.slice(0, -'data.pkl'.length) }
}

export function bigEndian(source: ByteSource, order: string): UnsupportedError {
  return new UnsupportedError(
    'unsupported.byte-order',
    `${source.name} was written on a big-endian machine (byte order ${quoted(order)}); load and save it again on another, or save the weights with safetensors.`,
  )
}
