/** The pictures on a card: what a sub-module asks for, the inputs that drive it most, which pixels it listens to. */
import type { CoherenceRecord } from '../../modules/coherence/coherence-record.ts'
import type { CoherencePicture } from '../../modules/coherence/picture.ts'
import { type Markup, markup } from '../markup.ts'
import { numberText, percentText, shortText } from '../number-text.ts'
import type { Functioning } from './sub-module-text.ts'

const CONTROLS = 3
const TOP = 8
/** Base64 characters of all pictures of one card: photographs leave room for few. */
const ROOM = 60_000

interface Shown {
  readonly picture: CoherencePicture
  readonly text: string
}

export function cardPictures({ functional }: Functioning, record: CoherenceRecord): Markup {
  const { classes } = functional.data
  const name = (label: number) => classes[label] ?? String(label)
  const { answer, top, correlation } = record
  const said = answer
    ? `the network takes it for ${name(answer.class)} (${percentText(answer.probability)})`
    : 'found by gradient ascent'
  let room = ROOM
  const fitting = (list: readonly Shown[]) =>
    list.filter(({ picture }) => {
      room -= picture.png.length
      return room > 0
    })
  const own = [{ picture: record.picture, text: `Picture that drives the units most; ${said}` }]
  room -= record.picture.png.length
  const inputs = (top?.pictures ?? []).slice(0, TOP).map((picture, at): Shown => {
    const label = top?.labels ? `, ${name(top.labels[at])}` : ''
    return { picture, text: `Example ${top!.examples[at]}${label}` }
  })
  const pixels = correlation
    ? [{ picture: correlation.picture, text: `Correlation with each pixel, up to ${numberText(correlation.largest)}` }]
    : []
  const random = record.controlPictures
    .slice(0, CONTROLS)
    .map((picture): Shown => ({ picture, text: 'Picture that drives as many random units most' }))
  return markup`<div class="pictures">${[
    group(answer ? `picture, seen as ${shortText(name(answer.class), 8)}` : 'picture', own, 'large'),
    group('pixels', fitting(pixels), 'large'),
    group('inputs that drive it most', fitting(inputs), 'small'),
    group('pictures of random units', fitting(random), 'small'),
  ]}</div>`
}

function group(name: string, shown: readonly Shown[], size: 'large' | 'small'): Markup | false {
  return (
    shown.length > 0 &&
    markup`<div class="${size}"><small>${name}</small><div>${shown.map(
      ({ picture: { png, width, height }, text }) =>
        markup`<img class="${height === 1 ? 'strip' : 'image'}" width="${width}" height="${height}" alt="${text}" title="${text}" src="data:image/png;base64,${base64(png)}">`,
    )}</div></div>`
  )
}

/** An analysis may come from a file: only what can be base64 goes into an address. */
const base64 = (text: string) => text.replace(/[^A-Za-z0-9+/=]/g, '')
