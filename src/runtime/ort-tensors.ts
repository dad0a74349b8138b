/** Tensors of lobes as ONNX Runtime's and back. Both lie row-major in typed arrays, so nothing is copied. */
import type { Tensor as OrtTensor } from 'onnxruntime-web'
import { UnsupportedError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import type { DType, Tensor, TensorData } from '../tensor/tensor.ts'

type Shared = Exclude<Extract<OrtTensor.Type, DType>, 'float16'>
type MakeTensor = new (type: Shared, data: TensorData, dims: readonly number[]) => OrtTensor

const SHARED: ReadonlySet<DType> = new Set<Shared>([
  ...(['float64', 'float32', 'int64', 'int32', 'int16', 'int8'] as const),
  ...(['uint64', 'uint32', 'uint16', 'uint8', 'bool'] as const),
])

/** @throws UnsupportedError where a value of half precision or less flows in or out: the runtimes disagree on its form */
export function checkInterface({ inputs, outputs }: Network): void {
  const narrow = [...inputs, ...outputs].find(({ dtype }) => !SHARED.has(dtype))
  if (narrow)
    throw new UnsupportedError(
      'unsupported.dtype',
      `The value "${narrow.name}" is ${narrow.dtype}, which does not pass into or out of ONNX Runtime here; export the model with float32 inputs and outputs.`,
    )
}

export function toOrt(make: MakeTensor, { dtype, data, shape }: Tensor): OrtTensor {
  return new make(dtype as Shared, data, shape)
}

export function fromOrt({ type, data, dims }: OrtTensor): Tensor {
  return { dtype: type as Shared, shape: dims, data: data as TensorData }
}
