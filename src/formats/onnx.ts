/** ONNX. */
import { UnsupportedError } from '../errors.ts'
import type { Format } from './format.ts'

export const onnx: Format = {
  name: 'onnx',
  async open(source) {
    throw new UnsupportedError('unsupported.format', `${source.name}: ONNX is being written.`)
  },
}
