/** Writes a coherence study: pictures one by one, a sheet of them beside random ones for each layer, and the JSON. */
import { join } from 'node:path'
import type { CoherenceRecord } from '../modules/coherence/coherence-record.ts'
import type { CoherenceStudy } from '../modules/coherence/coherence-study.ts'
import type { CoherencePicture } from '../modules/coherence/picture.ts'
import { pictureSheet } from '../modules/coherence/picture-sheet.ts'
import { writeAll } from './report-files.ts'

/** Gives the number of pictures. */
export async function writeCoherence(folder: string, study: CoherenceStudy, document: unknown): Promise<number> {
  const files: [string, string | Uint8Array][] = [[join(folder, 'coherence.json'), `${JSON.stringify(document)}\n`]]
  const png = (picture: CoherencePicture) => new Uint8Array(Buffer.from(picture.png, 'base64'))
  for (const one of study.subModules)
    files.push([join(folder, `${fileName(one.name)}-module${one.module}.png`), png(one.picture)])
  const sheet = (kind: string, rowOf: (one: CoherenceRecord) => readonly CoherencePicture[]) => {
    for (const [name, members] of Map.groupBy(study.subModules, one => one.name)) {
      const rows = members.map(rowOf)
      if (rows.every(row => row.length > 0))
        files.push([join(folder, `${kind}-${fileName(name)}.png`), pictureSheet(rows, kind !== 'top-inputs')])
    }
  }
  sheet('pictures', one => [one.picture, ...one.controlPictures])
  sheet('top-inputs', one => one.top?.pictures ?? [])
  sheet('input-correlations', one => (one.correlation ? [one.correlation.picture, ...one.correlation.controls] : []))
  await writeAll(folder, files)
  return files.length - 1
}

/** Layers are named by whoever made the file: only plain characters reach the disk. */
const fileName = (layer: string) => layer.replace(/[^\w-]+/g, '_').slice(0, 60) || 'layer'
