/** Configurations as Keras 1 wrote them, in the words of Keras 2 and 3. */
import { UnsupportedError } from '../../errors.ts'
import type { Config } from './model.ts'

const CLASSES: Readonly<Record<string, string>> = {
  Convolution1D: 'Conv1D',
  Convolution2D: 'Conv2D',
  AtrousConvolution2D: 'Conv2D',
  SeparableConvolution2D: 'SeparableConv2D',
  Deconvolution2D: 'Conv2DTranspose',
}

const KEYS: Readonly<Record<string, string>> = {
  output_dim: 'units',
  nb_filter: 'filters',
  subsample: 'strides',
  border_mode: 'padding',
  bias: 'use_bias',
  atrous_rate: 'dilation_rate',
  filter_length: 'kernel_size',
  subsample_length: 'strides',
  pool_length: 'pool_size',
  stride: 'strides',
  p: 'rate',
}

/** The layer as it is, unless Keras 1 wrote it. */
export function modernLayer(className: string, config: Config, where: string): { className: string; config: Config } {
  if (className === 'Merge') {
    const mode = String(config.mode)
    const merged = { sum: 'Add', mul: 'Multiply', ave: 'Average', max: 'Maximum', concat: 'Concatenate' }[mode]
    return { className: merged ?? `Merge (${mode})`, config: { axis: config.concat_axis, ...config } }
  }
  const isOld = ['border_mode', 'dim_ordering', 'output_dim', 'nb_row'].some(key => key in config)
  if (!isOld || className === 'Embedding') return { className, config }
  if (config.dim_ordering === 'th')
    throw new UnsupportedError(
      'unsupported.keras1',
      `${where} has kernels in Theano's order, flipped or not by the backend of its time; load and save it with Keras 2 first.`,
    )
  const entries = Object.entries(config).map(([key, value]) => [KEYS[key] ?? key, value])
  const kernel = 'nb_row' in config ? { kernel_size: [config.nb_row, config.nb_col] } : {}
  return { className: CLASSES[className] ?? className, config: { ...Object.fromEntries(entries), ...kernel } }
}
