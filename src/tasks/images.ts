/**
 * Image sets as tasks: as they are, grey (CIFAR-10 for perceptrons: 28 × 28, resized in colour, then made grey by the
 * weights of scikit-image's `rgb2gray`), or small (7 × 7). Clusterability in Neural Networks (arXiv 2103.03386) and its
 * code; resized images keep their fractions, as there.
 */
import type { Dataset, Split } from '../data/dataset.ts'
import { resizePlanes } from './resize.ts'

const GREY = [0.2125, 0.7154, 0.0721] as const
export const SIDE = 28
const SMALL_SIDE = 7

/** 28 × 28 grey images of a set of colour images [3, height, width]. */
export function greyImages(dataset: Dataset): Dataset {
  const [, height, width] = dataset.shape
  const grey = (split: Split): Split => {
    const planes = resizePlanes(split.inputs, [height, width], [SIDE, SIDE])
    const size = SIDE * SIDE
    const inputs = new Float32Array(planes.length / 3)
    for (let image = 0; image < inputs.length / size; image++) {
      for (let pixel = 0; pixel < size; pixel++) {
        const red = 3 * image * size + pixel
        inputs[image * size + pixel] =
          GREY[0] * planes[red] + GREY[1] * planes[red + size] + GREY[2] * planes[red + 2 * size]
      }
    }
    return { ...split, inputs }
  }
  return {
    ...mapSplits(dataset, grey),
    name: 'cifar10',
    shape: [1, SIDE, SIDE],
    provenance: `${dataset.provenance} Grey, resized to ${SIDE} × ${SIDE} with anti-aliasing.`,
  }
}

/** 7 × 7 versions of grey images. */
export function smallImages(dataset: Dataset): Dataset {
  const [, height, width] = dataset.shape
  const small = (split: Split): Split => ({
    ...split,
    inputs: resizePlanes(split.inputs, [height, width], [SMALL_SIDE, SMALL_SIDE]),
  })
  return {
    ...mapSplits(dataset, small),
    name: `small_${dataset.name}`,
    shape: [1, SMALL_SIDE, SMALL_SIDE],
    provenance: `${dataset.provenance} Resized to ${SMALL_SIDE} × ${SMALL_SIDE} with anti-aliasing.`,
  }
}

/** The data set with every split put through `map`, which is told the number of the split: training is 0. */
export function mapSplits(dataset: Dataset, map: (split: Split, number: number) => Split): Dataset {
  const tests = Object.entries(dataset.tests).map(([name, split], i) => [name, map(split, i + 1)])
  return { ...dataset, train: map(dataset.train, 0), tests: Object.fromEntries(tests) }
}
