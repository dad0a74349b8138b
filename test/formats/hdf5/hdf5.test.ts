/** The HDF5 reader against files by the HDF5 library: every way in which values, texts and groups can lie. */
import { describe, expect, it } from 'vitest'
import { type Hdf5File, openHdf5 } from '../../../src/formats/hdf5/hdf5.ts'
import { memorySource } from '../../../src/formats/memory-source.ts'
import { hdf5Bytes, ramp } from '../keras/files.ts'

type Form = Parameters<typeof hdf5Bytes>[1]

/** What h5py writes, and what HDF5 2.0 does by itself. */
const FORMS = ['earliest', 'v108'] as const
const opener = (form: Form) => async (write: Parameters<typeof hdf5Bytes>[0]) =>
  openHdf5(memorySource(await hdf5Bytes(write, form)))
const read = async (file: Hdf5File, path: string) => (await file.find(file.root, path))!.dataset!.read()

describe.each(FORMS)('datasets, form %s', form => {
  const open = opener(form)

  it('have the values that were written, in every element type', async () => {
    const values = [0, 1, 2, 3, 100, 120]
    const types = { '<f8': Float64Array, '<f4': Float32Array, '<i4': Int32Array, '<i2': Int16Array }
    const file = await open(made => {
      for (const [dtype, View] of Object.entries(types))
        made.create_dataset({ name: dtype.slice(1), data: View.from(values), shape: [2, 3], dtype })
    })
    for (const dtype of Object.keys(types)) {
      const { data, shape } = await read(file, dtype.slice(1))
      expect([Array.from(data as Float32Array), shape]).toEqual([values, [2, 3]])
    }
  })

  it.each([
    ['in one piece', {}],
    ['in chunks', { chunks: [2, 3] }],
    ['in chunks that stand out', { chunks: [4, 4] }],
    ['in many chunks', { chunks: [1, 1] }],
    ['packed', { chunks: [3, 2], compression: 6 }],
  ])('lie %s', async (_, storage) => {
    const { data, shape } = ramp(13, 11)
    const file = await open(made =>
      made.create_dataset({ name: 'w', data: data as Float32Array, shape: [...shape], ...storage }),
    )
    expect(await read(file, 'w')).toEqual({ dtype: 'float32', shape, data })
  })

  it('of no axes and of no values', async () => {
    const file = await open(made => {
      made.create_dataset({ name: 'one', data: Float32Array.of(7), shape: [] })
      made.create_dataset({ name: 'none', data: new Float32Array(0), shape: [0] })
    })
    expect(await read(file, 'one')).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(7) })
    expect((await read(file, 'none')).data).toHaveLength(0)
  })
})

describe.each(FORMS)('groups and attributes, form %s', form => {
  const open = opener(form)

  it.each([5, 9, 300, 4000])('of %d members', async count => {
    const names = Array.from({ length: count }, (_, i) => `layer_${i}`)
    const file = await open(made => {
      for (const name of names) made.create_group(name)
    })
    expect([...file.root.links!.keys()].sort()).toEqual(names.sort())
  })

  it('of one text, of many, and of text outside of ASCII', async () => {
    const texts = ['conv2d', '', 'größe/κ', 'x'.repeat(300)]
    const file = await open(made => {
      made.create_attribute('many', texts)
      made.create_attribute('one', 'δ')
      made.create_attribute('fixed', ['abc', 'de'], null, 'S5')
      made.create_attribute('number', 3)
    })
    const attribute = (name: string) => file.root.attributes.get(name)!.texts()
    expect(await attribute('many')).toEqual(texts)
    expect(await attribute('one')).toEqual(['δ'])
    expect(await attribute('fixed')).toEqual(['abc', 'de'])
    expect(await attribute('number')).toEqual([])
  })

  it('a path that is not there', async () => {
    const file = await open(made => made.create_group('a'))
    expect(await file.find(file.root, 'a/b/c')).toBeUndefined()
  })
})

it('chunks as only the newest form has them are refused, with what to do', async () => {
  const file = await opener('latest')(made =>
    made.create_dataset({ name: 'w', data: new Float32Array(9), shape: [3, 3], chunks: [2, 2] }),
  )
  await expect(file.find(file.root, 'w')).rejects.toThrow(/"w" lies in the file.*libver="latest".*h5py's defaults/)
})
