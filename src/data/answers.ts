/** What stands beside examples in a file, read for what it is: classes, classes as one-hot rows, or numbers to predict. */
import { FormatError, UsageError } from '../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { StoredExamples } from './stored-examples.ts'

/**
 * Integers are classes, [examples] or [examples × heads]; rows with a single 1 among zeros are classes as well; other
 * floats are numbers to predict, [examples] or [examples × outputs].
 *
 * @throws UsageError where there are not as many as examples, FormatError for values that are no numbers.
 */
export function readAnswers(
  { data, shape }: Tensor,
  examples: number,
  where: string,
): Pick<StoredExamples, 'labels' | 'targets' | 'heads'> {
  if (shape.length < 1 || shape.length > 2 || shape[0] !== examples)
    throw new UsageError(
      'usage.data',
      `${where} has the shape [${shape}], but there are ${examples} examples; give [${examples}] or [${examples} × answers].`,
    )
  const width = shape[1] ?? 1
  const values = Float64Array.from(data, Number)
  const bad = values.findIndex(value => !Number.isFinite(value))
  if (bad >= 0) throw new FormatError('format.value', `${where} holds ${values[bad]} at index ${bad}.`)
  if (width > 1 && isOneHot(values, width)) {
    const labels = Int32Array.from({ length: examples }, (_, i) =>
      values.subarray(i * width, (i + 1) * width).indexOf(1),
    )
    return { labels, heads: 1 }
  }
  if (data instanceof Float32Array || data instanceof Float64Array)
    return { targets: Float32Array.from(values), heads: 1 }
  return { labels: Int32Array.from(values), heads: width }
}

function isOneHot(values: Float64Array, width: number): boolean {
  for (let row = 0; row < values.length; row += width) {
    let ones = 0
    for (let i = row; i < row + width; i++) {
      if (values[i] !== 0 && values[i] !== 1) return false
      ones += values[i]
    }
    if (ones !== 1) return false
  }
  return true
}
