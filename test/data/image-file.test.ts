import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePicture } from '../../src/data/image-file.ts'
import { classOrder, type ImageEntry, imageExamples } from '../../src/data/image-folder.ts'
import { LobesError } from '../../src/errors.ts'
import { PICTURES, pictureBytes } from './pictures.ts'

const [colour, grey] = PICTURES

describe('pictures', () => {
  it.each(PICTURES)('$kind gives the numbers Pillow reads', picture => {
    const { channels, height, width, pixels } = decodePicture(pictureBytes(picture), 'a picture')
    expect([channels, height, width]).toEqual(picture.size)
    expect(pixels).toHaveLength(picture.pixels.length)
    const worst = Math.max(...picture.pixels.map((value, i) => Math.abs(value - pixels[i])))
    expect(worst).toBeLessThanOrEqual(picture.tolerance)
  })

  it('that are something else are refused by name', () => {
    expect(() => decodePicture(new TextEncoder().encode('<svg/>'), 'cat/1.png')).toThrow(
      expect.objectContaining({ code: 'unsupported.picture', message: expect.stringContaining('cat/1.png') }),
    )
  })

  it('that claim to be huge are refused before they are unpacked', () => {
    const bytes = pictureBytes(colour)
    new DataView(bytes.buffer).setUint32(16, 60_000)
    new DataView(bytes.buffer).setUint32(20, 60_000)
    expect(() => decodePicture(bytes, 'bomb.png')).toThrow(expect.objectContaining({ code: 'resource.picture' }))
  })

  it('that are damaged anywhere give an error of ours, or a picture', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PICTURES),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        (picture, changes, cut) => {
          const bytes = pictureBytes(picture)
          for (const [at, value] of changes) bytes[4 + (at % (bytes.length - 4))] = value
          try {
            decodePicture(bytes.subarray(0, 4 + (cut % bytes.length)), 'damaged')
          } catch (error) {
            expect(error).toBeInstanceOf(LobesError)
          }
        },
      ),
      { seed: 1, numRuns: 300 },
    )
  })
})

const entry = (folder: string | undefined, name: string, picture = colour): ImageEntry => ({
  folder,
  name,
  read: async () => pictureBytes(picture),
})

describe('folders of images', () => {
  it('are classes by the order of their names, numbers by value', async () => {
    expect(classOrder(['10', '2', '1'])).toEqual(['1', '2', '10'])
    expect(classOrder(['dog', 'cat', '10'])).toEqual(['10', 'cat', 'dog'])
    const set = await imageExamples([entry('dog', '1.png'), entry('cat', '7.png')], 'pets')
    expect(set).toMatchObject({ classes: ['cat', 'dog'], shape: [3, 3, 5], divisor: 255 })
    expect(set.labels).toEqual(Int32Array.of(1, 0))
    expect([...set.inputs.subarray(45)]).toEqual(colour.pixels)
  })

  it('repeat grey images in every channel among coloured ones, and stay grey alone', async () => {
    const mixed = await imageExamples([entry('a', '1.png'), entry('b', '2.png', grey)], 'mixed')
    expect([...mixed.inputs.subarray(45)]).toEqual([...grey.pixels, ...grey.pixels, ...grey.pixels])
    expect((await imageExamples([entry('a', '1.png', grey)], 'grey')).shape).toEqual([1, 3, 5])
  })

  it('need no classes, but images of one size', async () => {
    const plain = await imageExamples([entry(undefined, '1.png')], 'plain')
    expect([plain.labels, plain.classes]).toEqual([undefined, undefined])
    await expect(imageExamples([entry('a', '1.png'), entry('b', '2.jpg', PICTURES[6])], 'sizes')).rejects.toThrow(
      'b/2.jpg has 12 × 9 pixels, a/1.png has 5 × 3',
    )
    await expect(imageExamples([], 'empty')).rejects.toThrow('one folder per class')
  })
})
