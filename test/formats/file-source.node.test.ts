/** Files on disk, and that a model file cannot make us read outside its folder. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FormatError, UsageError } from '../../src/errors.ts'
import { fileSource } from '../../src/formats/file-source.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lobes-source-'))
  await mkdir(join(folder, 'net', 'data'), { recursive: true })
  await writeFile(join(folder, 'secret.bin'), 'secret')
  await writeFile(join(folder, 'net', 'net.onnx'), 'network')
  await writeFile(join(folder, 'net', 'data', 'w.bin'), 'weights')
  await symlink(join(folder, 'secret.bin'), join(folder, 'net', 'link-out.bin'))
  await symlink(folder, join(folder, 'net', 'up'))
  await symlink(join(folder, 'net', 'data', 'w.bin'), join(folder, 'net', 'link-in.bin'))
})

afterAll(() => rm(folder, { recursive: true }))

const open = () => fileSource(join(folder, 'net', 'net.onnx'))
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe('a file', () => {
  test('gives the bytes asked for', async () => {
    const source = await open()
    expect([source.name, source.byteLength]).toEqual(['net.onnx', 7])
    expect(textOf(await source.slice(3, 7))).toBe('work')
    await expect(source.slice(3, 8)).rejects.toThrow(FormatError)
  })

  test('that is not there is refused', async () => {
    await expect(fileSource(join(folder, 'nothing'))).rejects.toThrow(UsageError)
  })

  test('that becomes shorter is noticed', async () => {
    const path = join(folder, 'shrinking.bin')
    await writeFile(path, 'long content')
    const source = await fileSource(path)
    await writeFile(path, 'short')
    await expect(source.slice(0, 12)).rejects.toThrow(/shorter/)
  })
})

describe('a folder', () => {
  const folderOf = async (...names: string[]) => {
    const path = await mkdtemp(join(folder, 'model-'))
    for (const name of names) await writeFile(join(path, name), name)
    return path
  }

  test.each([
    [['model.json', 'weights.bin'], 'model.json'],
    [['mobilenet_model.json', 'other.json'], 'mobilenet_model.json'],
    [['model.json', 'my-model.json', 'saved_model.pb'], 'model.json'],
    [['saved_model.pb'], 'saved_model.pb'],
    [['model.safetensors', 'config.json'], 'model.safetensors'],
  ])('with %j is opened by %s', async (names, entry) => {
    const source = await fileSource(await folderOf(...names))
    expect([source.name, textOf(await source.slice(0, source.byteLength))]).toEqual([entry, entry])
    expect((await source.sibling!(names[0]))?.name).toBe(names[0])
  })

  test('of something else is refused, with what was looked for', async () => {
    const failure = await fileSource(await folderOf('readme.txt')).catch(error => error)
    expect(failure).toBeInstanceOf(UsageError)
    expect(failure.message).toMatch(/model\.json.*saved_model\.pb.*model\.safetensors/)
  })

  test('of two networks is refused', async () => {
    await expect(fileSource(await folderOf('a_model.json', 'b_model.json'))).rejects.toThrow(/several.*a_model/)
  })
})

describe('siblings', () => {
  test.each(['data/w.bin', './data/w.bin', 'link-in.bin'])('%s is inside', async path => {
    const source = await (await open()).sibling!(path)
    expect(textOf(await source!.slice(0, 7))).toBe('weights')
  })

  test.each(['none.bin', 'data', 'data/none.bin'])('%s is not there', async path => {
    expect(await (await open()).sibling!(path)).toBeUndefined()
  })

  test.each(['../secret.bin', 'link-out.bin', 'up/secret.bin', 'data/../../secret.bin', '/etc/passwd'])(
    '%s leads out and is refused',
    async path => {
      await expect((await open()).sibling!(path)).rejects.toThrow(FormatError)
    },
  )
})
