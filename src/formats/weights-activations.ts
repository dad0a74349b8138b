/** Activations as `layers.json` names them, and the ONNX operators they stand for. */
export const ACTIVATIONS: Readonly<Record<string, string | undefined>> = {
  linear: undefined,
  relu: 'Relu',
  leakyrelu: 'LeakyRelu',
  elu: 'Elu',
  selu: 'Selu',
  gelu: 'Gelu',
  softplus: 'Softplus',
  hardswish: 'HardSwish',
  mish: 'Mish',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  softmax: 'Softmax',
}

export function isActivation(value: unknown): value is string {
  return typeof value === 'string' && Object.hasOwn(ACTIVATIONS, value)
}
