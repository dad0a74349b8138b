/** Checkpoints in a folder on disk. Node only. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ResourceError } from '../errors.ts'
import type { CheckpointStore } from './checkpoint.ts'

/**
 * One file `NAME.ckpt.npz` for each checkpoint. The bytes go to a temporary file first, which takes the name of the old
 * one when all of it is on disk.
 *
 * @throws ResourceError (from `write`) when the disk is full or the folder cannot be written; the old file stays
 */
export function fileStore(folder: string): CheckpointStore {
  const pathOf = (name: string) => join(folder, `${name}.ckpt.npz`)
  return {
    async read(name) {
      try {
        return await readFile(pathOf(name))
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async write(name, bytes) {
      const path = pathOf(name)
      const temporary = `${path}.${process.pid}.tmp`
      try {
        await mkdir(folder, { recursive: true })
        const file = await open(temporary, 'w')
        try {
          await file.writeFile(bytes)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(temporary, path)
      } catch (cause) {
        await rm(temporary, { force: true }).catch(() => {})
        throw new ResourceError(
          'resource.disk',
          `The checkpoint ${path} (${bytes.length} bytes) could not be written: ${cause instanceof Error ? cause.message : cause}. The one before it is as it was; make room and resume.`,
          { cause },
        )
      }
    },
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
