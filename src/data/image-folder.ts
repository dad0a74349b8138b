/**
 * Examples from a folder of images by class: `cat/1.png`, `dog/7.jpg`. The names of the folders, in alphabetical order
 * (numbers by value), are the classes, as torchvision's ImageFolder and Keras take them.
 */
import { UsageError } from '../errors.ts'
import { throwIfAborted, type WatchOptions } from '../progress.ts'
import { decodePicture, type Picture } from './image-file.ts'
import type { StoredExamples } from './stored-examples.ts'

export interface ImageEntry {
  /** Name of the folder, which is its class; undefined for images without one. */
  readonly folder?: string
  readonly name: string
  read(): Promise<Uint8Array>
}

/** In the order classes are numbered: 2 before 10. */
export function classOrder(names: Iterable<string>): string[] {
  const numbers = [...names].every(name => /^\d+$/.test(name))
  return [...new Set(names)].sort((a, b) => (numbers ? Number(a) - Number(b) || (a < b ? -1 : 1) : a < b ? -1 : 1))
}

/**
 * @param entries images in the order they shall have
 * @throws UsageError where they differ in size or there are none; what `decodePicture` throws
 */
export async function imageExamples(
  entries: readonly ImageEntry[],
  name: string,
  { signal, onProgress }: WatchOptions = {},
): Promise<StoredExamples> {
  if (entries.length === 0)
    throw new UsageError(
      'usage.data',
      `${name} holds no PNG or JPEG images; put them into one folder per class, such as ${name}/cat/1.png.`,
    )
  const pictures: Picture[] = []
  for (const entry of entries) {
    throwIfAborted(signal)
    const picture = decodePicture(await entry.read(), pathOf(entry))
    const [first = picture] = pictures
    if (picture.width !== first.width || picture.height !== first.height)
      throw new UsageError(
        'usage.data',
        `${pathOf(entry)} has ${picture.width} × ${picture.height} pixels, ${pathOf(entries[0])} has ${first.width} × ${first.height}; scale all images to the size the network reads.`,
      )
    pictures.push(picture)
    onProgress?.({ stage: 'images', done: pictures.length, total: entries.length })
  }
  const [{ width, height }] = pictures
  const channels = pictures.some(picture => picture.channels === 3) ? 3 : 1
  const inputs = new Uint8Array(pictures.length * channels * width * height)
  pictures.forEach(({ pixels }, i) => {
    const start = i * channels * width * height
    // Grey among coloured ones: the same in each channel.
    for (let at = 0; at < channels * width * height; at += pixels.length) inputs.set(pixels, start + at)
  })
  const folders = entries.map(entry => entry.folder)
  const labelled = folders.every(folder => folder !== undefined)
  const classes = labelled ? classOrder(folders) : undefined
  return {
    name,
    inputs,
    shape: [channels, height, width],
    ...{ layout: 'nchw', divisor: 255, heads: 1 },
    ...(classes && { classes, labels: Int32Array.from(folders, folder => classes.indexOf(folder as string)) }),
    provenance: `${entries.length.toLocaleString('en-US')} images of ${name}${classes ? ` in ${classes.length} classes` : ', without classes'}.`,
  }
}

const pathOf = ({ folder, name }: ImageEntry) => (folder === undefined ? name : `${folder}/${name}`)
