/** Writes NumPy's `.npz`: a zip of `.npy` arrays, which `numpy.load` opens. Reading is in `formats/zip.ts`. */
import { type ZipOptions, zipSync } from 'fflate'
import { UsageError } from '../errors.ts'
import { writeNpy } from './npy.ts'
import type { Tensor } from './tensor.ts'

export interface NpzOptions {
  /** Deflate the arrays, as `numpy.savez_compressed` does. Default: false, as `numpy.savez`. */
  readonly compress?: boolean
}

/** A fixed date, so that equal arrays give equal bytes. */
const DATE = '1980-01-01T00:00:00'

/**
 * The arrays as one `.npz` file, in the order of the object's keys.
 *
 * @throws UsageError for a name that is empty or would be a path outside the archive.
 */
export function writeNpz(arrays: Readonly<Record<string, Tensor>>, options: NpzOptions = {}): Uint8Array<ArrayBuffer> {
  const level = options.compress ? 6 : 0
  const files: Record<string, [Uint8Array, ZipOptions]> = {}
  for (const [name, tensor] of Object.entries(arrays)) {
    if (!name || name.startsWith('/') || name.split('/').includes('..'))
      throw new UsageError(
        'usage.npz-name',
        `"${name}" cannot name an array in an .npz file; use letters, digits, _ . -`,
      )
    files[`${name}.npy`] = [writeNpy(tensor), { level, mtime: DATE }]
  }
  return zipSync(files)
}
