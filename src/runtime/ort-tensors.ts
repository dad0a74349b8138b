/**
 * Tensors of lobes as ONNX Runtime's and back. Both lie row-major in typed arrays, so nothing is copied, but for half
 * precision, which lobes holds widened.
 */
import type { Tensor as OrtTensor } from 'onnxruntime-web'
import { UnsupportedError } from '../errors.ts'
import { decodeTensor } from '../tensor/dtype.ts'
import { encodeTensor } from '../tensor/encode.ts'
import type { DType, Tensor, TensorData } from '../tensor/tensor.ts'

type OrtType = Extract<OrtTensor.Type, DType>
type MakeTensor = new (type: OrtType, data: TensorData, dims: readonly number[]) => OrtTensor

const SHARED: ReadonlySet<string> = new Set<OrtType>([
  ...(['float64', 'float32', 'int64', 'int32', 'int16', 'int8'] as const),
  ...(['uint64', 'uint32', 'uint16', 'uint8', 'bool'] as const),
])

/** @param name of the value, for the error */
export function toOrt(make: MakeTensor, tensor: Tensor, name: string): OrtTensor {
  if (SHARED.has(tensor.dtype)) return new make(tensor.dtype as OrtType, tensor.data, tensor.shape)
  if (tensor.dtype === 'float16') return new make('float16', new Uint16Array(encodeTensor(tensor).buffer), tensor.shape)
  throw unsupported(name, tensor.dtype)
}

export function fromOrt({ type, data, dims }: OrtTensor, name: string): Tensor {
  if (SHARED.has(type)) return { dtype: type as OrtType, shape: dims, data: data as TensorData }
  if (type !== 'float16') throw unsupported(name, type)
  const { buffer, byteOffset, byteLength } = data as Uint16Array
  return decodeTensor(new Uint8Array(buffer, byteOffset, byteLength).slice(), 'float16', dims, name)
}

function unsupported(name: string, type: string): UnsupportedError {
  return new UnsupportedError(
    'unsupported.dtype',
    `The value "${name}" has the type ${type}, which does not pass into or out of ONNX Runtime; cast it to float32 in the network.`,
  )
}
