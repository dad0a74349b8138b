/**
 * The stored lesion results of 2020 (weights, whole network, k = 12, 20 controls, pruned perceptrons): for each of five
 * networks Fisher's p of macro accuracy and of the range over classes, and the mean of control/lesion of accuracy.
 */
export interface PublishedNetwork {
  readonly importance: number
  readonly effect: number
  readonly range: number
}

const five = (...rows: readonly (readonly [number, number, number])[]): PublishedNetwork[] =>
  rows.map(([importance, effect, range]) => ({ importance, effect, range }))

export const PUBLISHED: Readonly<Record<string, readonly PublishedNetwork[]>> = {
  mnist: five(
    [3.7e-7, 1.054, 0.772],
    [1.3e-8, 1.033, 0.985],
    [1.2e-8, 1.024, 0.968],
    [5.8e-8, 1.024, 0.511],
    [2.7e-9, 1.025, 0.976],
  ),
  fashion: five(
    [7.7e-6, 1.203, 0.862],
    [9.3e-5, 1.091, 0.22],
    [1.6e-7, 1.148, 0.714],
    [5.3e-6, 1.127, 0.145],
    [4.4e-5, 1.154, 0.513],
  ),
}
