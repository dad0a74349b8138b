/** Examples from a pair of idx files, images (or other values) and labels, either of them gzipped or not. */
import { UsageError } from '../errors.ts'
import { readIdx } from './idx.ts'
import type { StoredExamples } from './stored-examples.ts'

/**
 * @param images bytes of the file with the inputs, [examples × …]
 * @param labels bytes of the file with the labels, [examples]; undefined where there are none
 * @throws FormatError for damaged files, UsageError where they do not go together
 */
export async function idxExamples(
  images: Uint8Array<ArrayBuffer>,
  labels: Uint8Array<ArrayBuffer> | undefined,
  name: string,
): Promise<StoredExamples> {
  const pixels = await readIdx(images, name)
  const answers = labels && (await readIdx(labels, `${name}, labels`))
  const [count, ...shape] = pixels.shape
  if (shape.length === 0 || count === 0)
    throw new UsageError('usage.data', `${name} has the shape [${pixels.shape}]; it holds no examples, perhaps labels.`)
  if (answers && (answers.shape.length !== 1 || answers.shape[0] !== count))
    throw new UsageError(
      'usage.data',
      `${name} holds ${count} examples, but its labels have the shape [${answers.shape}]; give the labels of the same split.`,
    )
  return {
    name: name.replace(/\.gz$/i, ''),
    inputs: pixels.data,
    shape: shape.length === 2 ? [1, ...shape] : shape,
    ...{ layout: 'nchw', divisor: 255, heads: 1 },
    ...(answers && { labels: Int32Array.from(answers.data) }),
    provenance: `${count.toLocaleString('en-US')} examples of ${name}.`,
  }
}
