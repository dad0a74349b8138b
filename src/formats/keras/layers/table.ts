/** The layers that can be run, by class. */
import type { LayerRule } from '../layer-scope.ts'
import { activation, elu, leakyRelu, passing, prelu, relu, softmaxLayer, thresholdedRelu } from './activation.ts'
import { convolution, depthwise, separable, transposed } from './convolution.ts'
import { dense, embedding } from './dense.ts'
import { concatenate, merge } from './merging.ts'
import { batchNormalization, layerNormalization, normalization, rescaling } from './normalization.ts'
import { cropping, zeroPadding } from './padding.ts'
import { globalPooling, pooling, upSampling } from './pooling.ts'
import { flatten, permuteAxes, repeatVector, reshape } from './reshape.ts'

function each(rule: LayerRule, classes: string): [string, LayerRule][] {
  return classes.split(' ').map(name => [name, rule])
}

const LAYERS: ReadonlyMap<string, LayerRule> = new Map([
  ...each(dense, 'Dense'),
  ...each(embedding, 'Embedding'),
  ...each(convolution, 'Conv1D Conv2D Conv3D'),
  ...each(depthwise, 'DepthwiseConv1D DepthwiseConv2D'),
  ...each(separable, 'SeparableConv1D SeparableConv2D'),
  ...each(transposed, 'Conv1DTranspose Conv2DTranspose Conv3DTranspose'),
  ...each(pooling, 'MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D'),
  ...each(globalPooling, 'GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D'),
  ...each(globalPooling, 'GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D'),
  ...each(upSampling, 'UpSampling1D UpSampling2D UpSampling3D'),
  ...each(zeroPadding, 'ZeroPadding1D ZeroPadding2D ZeroPadding3D'),
  ...each(cropping, 'Cropping1D Cropping2D Cropping3D'),
  ...each(flatten, 'Flatten'),
  ...each(reshape, 'Reshape'),
  ...each(permuteAxes, 'Permute'),
  ...each(repeatVector, 'RepeatVector'),
  ...each(batchNormalization, 'BatchNormalization BatchNormalizationV1 BatchNormalizationV2 SyncBatchNormalization'),
  ...each(layerNormalization, 'LayerNormalization'),
  ...each(rescaling, 'Rescaling'),
  ...each(normalization, 'Normalization'),
  ...each(merge, 'Add Subtract Multiply Average Maximum Minimum'),
  ...each(concatenate, 'Concatenate'),
  ...each(activation, 'Activation'),
  ...each(relu, 'ReLU'),
  ...each(leakyRelu, 'LeakyReLU'),
  ...each(elu, 'ELU'),
  ...each(thresholdedRelu, 'ThresholdedReLU'),
  ...each(softmaxLayer, 'Softmax'),
  ...each(prelu, 'PReLU'),
  ...each(passing, 'Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout'),
  ...each(passing, 'AlphaDropout ActivityRegularization Identity RandomFlip RandomRotation RandomZoom RandomContrast'),
  ...each(passing, 'RandomTranslation RandomBrightness'),
])

const REASONS: Readonly<Record<string, string>> = {
  Lambda: 'runs Python code, which is not in the file in a form that is safe to run',
  LSTM: 'is recurrent',
  GRU: 'is recurrent',
  SimpleRNN: 'is recurrent',
  Bidirectional: 'is recurrent',
  MultiHeadAttention: 'is attention',
}

export function ruleOf(className: string): LayerRule | undefined {
  return LAYERS.get(className)
}

/** Why a layer cannot be run, as the rest of a sentence that begins with it. */
export function reasonAgainst(className: string): string {
  return Object.hasOwn(REASONS, className) ? REASONS[className] : 'is of a class that is not known here'
}
