/** What stands between a network and running it: files with weights alone do not say what lies between the layers. */
import { UnsupportedError } from '../errors.ts'
import type { Network } from './network.ts'

/** @throws UnsupportedError `unsupported.activations`, with the `layers.json` that would tell them, where it is known */
export function checkRunnable(network: Network, doing: string): void {
  if (network.activationsKnown) return
  if (network.transformer)
    throw new UnsupportedError(
      'unsupported.activations',
      `${network.name} holds the weights of a transformer alone: it can be clustered and tested, but ${doing} needs the ` +
        'operators between them. Export the model to ONNX.',
    )
  const draft = network.layersDraft ? `\n${network.layersDraft}` : ''
  throw new UnsupportedError(
    'unsupported.activations',
    `${network.name} holds weights alone, so what stands between its layers is not known and ${doing} would be a guess. ` +
      `Save what follows as layers.json, add "activation": "relu" and the like, strides and pooling where there are some ` +
      `("linear" for none), and pass it with --layers layers.json.${draft}`,
  )
}
