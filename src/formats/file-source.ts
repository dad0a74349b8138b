/** A byte source over a file on disk (Node only). The file is opened anew for each read, so nothing needs closing. */
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { FormatError, UsageError } from '../errors.ts'
import { type ByteSource, checkRange, siblingParts } from './source.ts'

/**
 * Opens a file, or the one file in a folder that stands for a network (see {@link entryOf}). Siblings are confined to the
 * file's folder, after symbolic links are followed.
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const absolute = resolve(path)
  const status = await statOf(absolute, path)
  const file = status.isDirectory() ? await entryOf(absolute, path) : absolute
  const found = status.isDirectory() ? await statOf(file, file) : status
  if (!found.isFile()) throw new UsageError('usage.file', `${path} is not a file.`)
  return sourceOf(file, basename(file), found.size, dirname(file))
}

function statOf(absolute: string, path: string) {
  return stat(absolute).catch(error => {
    throw new UsageError('usage.file', `${path} cannot be read (${error.code}); check the path.`, { cause: error })
  })
}

/** Names by which a folder is opened, in the order in which they are looked for. */
const ENTRIES: readonly RegExp[] = [
  /^model\.json$/,
  /[_-]model\.json$/,
  /^saved_model\.pb$/,
  /^model\.safetensors\.index\.json$/,
  /^model\.safetensors$/,
]

/** TensorFlow.js, SavedModel and safetensors repositories are folders. */
async function entryOf(folder: string, path: string): Promise<string> {
  const names = (await readdir(folder)).sort()
  for (const entry of ENTRIES) {
    const found = names.filter(name => entry.test(name))
    if (found.length === 1) return join(folder, found[0])
    if (found.length > 1)
      throw new UsageError(
        'usage.file',
        `${path} is a folder of several networks (${found.slice(0, 5).join(', ')}); name one.`,
      )
  }
  throw new UsageError(
    'usage.file',
    `${path} is a folder without model.json (TensorFlow.js), saved_model.pb (TensorFlow) or model.safetensors; name the file to open.`,
  )
}

function sourceOf(path: string, name: string, byteLength: number, folder: string): ByteSource {
  const source: ByteSource = {
    name,
    byteLength,
    async slice(start, end) {
      checkRange(source, start, end)
      const file = await open(path)
      try {
        const bytes = new Uint8Array(end - start)
        let filled = 0
        while (filled < bytes.length) {
          const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
          if (bytesRead === 0)
            throw new FormatError('format.changed', `${name} became shorter while it was read; try again.`)
          filled += bytesRead
        }
        return bytes
      } finally {
        await file.close()
      }
    },
    async sibling(relative) {
      const parts = siblingParts(name, relative)
      const root = await realpath(folder)
      const target = await realpath(join(folder, ...parts)).catch(() => undefined)
      if (target === undefined) return undefined
      if (!target.startsWith(root.endsWith(sep) ? root : root + sep))
        throw new FormatError(
          'format.path',
          `${name} refers to ${JSON.stringify(relative)}, a link out of its folder; put a copy of the file beside ${name}.`,
        )
      const status = await stat(target)
      if (!status.isFile()) return undefined
      return sourceOf(target, parts[parts.length - 1], status.size, folder)
    },
  }
  return source
}
