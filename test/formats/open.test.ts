/** Telling formats apart, and saying what to do about the ones that are not read. */
import { describe, expect, test } from 'vitest'
import { FormatError, UnsupportedError, UsageError } from '../../src/errors.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { node, onnxBytes } from './onnx-models.ts'

const bytes = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0))
/** The beginning of a zip file whose first entry has this name. */
const zip = (entry: string) =>
  bytes(`PK\x03\x04${'\0'.repeat(22)}${String.fromCharCode(entry.length)}\0\0\0${entry}data`)
const open = (content: Uint8Array, name = 'file') => openNetwork(memorySource(content, { name }))

test('ONNX is known by its bytes, whatever the name', async () => {
  const model = onnxBytes({ opset: 21, inputs: { x: [1] }, outputs: ['y'], nodes: [node('Relu', ['x'], ['y'])] })
  expect((await open(model, 'download')).source).toMatchObject({ format: 'onnx', producer: 'test', opset: 21 })
})

test('a key is for checkpoints that hold several sets of weights, and refused elsewhere', async () => {
  const model = onnxBytes({ opset: 21, inputs: { x: [1] }, outputs: ['y'], nodes: [node('Relu', ['x'], ['y'])] })
  const opening = openNetwork(memorySource(model, { name: 'a.onnx' }), { key: 'ema' })
  await expect(opening).rejects.toThrow(UsageError)
  await expect(opening).rejects.toThrow(/a\.onnx is none; leave "ema" out/)
})

describe('formats that are not read are named, with what to do', () => {
  test.each([
    ['GGUF', bytes('GGUF\x03\0\0\0'), 'model.gguf', /GGUF.*safetensors/],
    ['TF Lite', bytes('\x1c\0\0\0TFL3'), 'model.tflite', /TensorFlow Lite.*tf2onnx.*--tflite/],
    ['ORT', bytes('\x1c\0\0\0ORTM'), 'model.ort', /ONNX Runtime's own format/],
    ['SavedModel', bytes('\x08\x01\x12\x94\x02\x0a\x05\x12\x03abc'), 'saved_model.pb', /SavedModel.*--saved-model/],
    ['SavedModel renamed', bytes('\x08\x01\x12\x09\x0a\x07\x12\x05hello'), 'download', /SavedModel.*--saved-model/],
    ['a frozen graph', bytes('\x0a\x0c\x0a\x01x\x12\x05Const\x1a\0'), 'frozen', /frozen TensorFlow graph.*--graphdef/],
    ['another one', bytes('\x0a\x86\x01\x0a\x7f'), 'graph.pb', /frozen TensorFlow graph.*--graphdef/],
    ['gzip', bytes('\x1f\x8b\x08\0'), 'model.onnx.gz', /unpack it/],
    ['some zip', zip('readme.txt'), 'stuff.zip', /zip archive.*no \.npy/],
    ['anything', bytes('#!/bin/sh\necho'), 'script', /no format lobes knows.*23 21 2f 62/],
  ])('%s', async (_, content, name, message) => {
    const failure = await open(content, name).catch(error => error)
    expect(failure).toBeInstanceOf(UnsupportedError)
    expect(failure.message).toMatch(message)
    expect(failure.message).toContain(name)
  })

  test('an empty file', async () => {
    await expect(open(new Uint8Array(0), 'net.onnx')).rejects.toThrow(FormatError)
  })

  test('text under the name of a model', async () => {
    await expect(open(bytes('<!DOCTYPE html><html>'), 'net.onnx')).rejects.toThrow(FormatError)
  })
})
