/** Operators that move values. */
import { type GradientCase, indices, integers } from './gradient-case.ts'

const END = Number.MAX_SAFE_INTEGER

export const LAYOUT_CASES: readonly GradientCase[] = [
  { name: 'Reshape', type: 'Reshape', inputs: [[2, 3, 4], integers(4, -1)] },
  { name: 'Reshape, open batch', type: 'Reshape', inputs: [[2, 3, 4], integers(0, 12)], open: true },
  { name: 'Flatten', type: 'Flatten', inputs: [[2, 3, 4]], open: true },
  { name: 'Flatten at 2', type: 'Flatten', inputs: [[2, 3, 4]], attributes: { axis: 2 } },
  { name: 'Squeeze', type: 'Squeeze', inputs: [[2, 1, 3, 1], integers(1, -1)], open: true },
  { name: 'Squeeze all', type: 'Squeeze', inputs: [[2, 1, 3, 1]] },
  { name: 'Unsqueeze', type: 'Unsqueeze', inputs: [[2, 3], integers(0, -1)], open: true },
  { name: 'Transpose', type: 'Transpose', inputs: [[2, 3, 4]], attributes: { perm: [2, 0, 1] } },
  { name: 'Transpose, reversed', type: 'Transpose', inputs: [[2, 3, 4]] },
  {
    name: 'Concat',
    type: 'Concat',
    inputs: [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
    attributes: { axis: 1 },
  },
  {
    name: 'Concat, not all asked for',
    type: 'Concat',
    inputs: [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
    attributes: { axis: -1 },
    fixed: [0, 2],
  },
  {
    name: 'Split evenly',
    type: 'Split',
    inputs: [[2, 6]],
    attributes: { axis: 1, num_outputs: 3 },
    outputs: 3,
    open: true,
  },
  { name: 'Split by sizes', type: 'Split', inputs: [[2, 6], integers(1, 3, 2)], attributes: { axis: -1 }, outputs: 3 },
  { name: 'Slice', type: 'Slice', inputs: [[4, 5, 3], integers(1, 0), integers(3, -1), integers(0, 1)] },
  { name: 'Slice, open batch', type: 'Slice', inputs: [[4, 5], integers(-3), integers(END), integers(1)], open: true },
  {
    name: 'Slice with steps',
    type: 'Slice',
    inputs: [[5, 7], integers(1, 6), integers(END, 0), integers(0, 1), integers(2, -3)],
  },
  {
    name: 'Slice reversed',
    type: 'Slice',
    inputs: [[3, 4], integers(-1), integers(-END), integers(1), integers(-1)],
    open: true,
  },
  { name: 'Slice of everything', type: 'Slice', inputs: [[3, 4], integers(0), integers(END)], open: true },
  { name: 'Gather rows', type: 'Gather', inputs: [[4, 3], indices([5], [0, 2, 2, -1, 0])] },
  { name: 'Gather a matrix of rows', type: 'Gather', inputs: [[4, 3], indices([2, 2], [0, 2, 2, 3])] },
  {
    name: 'Gather along the last axis',
    type: 'Gather',
    inputs: [[2, 3, 4], indices([2, 3], [0, 2, 2, 3, 0, 0])],
    attributes: { axis: -1 },
  },
  {
    name: 'Gather in the middle, open batch',
    type: 'Gather',
    inputs: [[2, 3, 4], indices([2], [2, 2])],
    attributes: { axis: 1 },
    open: true,
  },
  { name: 'Gather one', type: 'Gather', inputs: [[2, 3], indices([], [1])], attributes: { axis: 1 } },
  {
    name: 'GatherElements',
    type: 'GatherElements',
    inputs: [[3, 2], indices([2, 2], [0, 2, 0, 1])],
    attributes: { axis: 0 },
  },
  { name: 'Expand', type: 'Expand', inputs: [[3, 1], integers(2, 1, 4)] },
  { name: 'Tile', type: 'Tile', inputs: [[2, 3], integers(2, 3)] },
  { name: 'Pad', type: 'Pad', inputs: [[2, 3], integers(1, 0, 0, 2)] },
  {
    name: 'Pad some axes, open batch',
    type: 'Pad',
    inputs: [[2, 3, 4], integers(1, 2, 0, 1), null, integers(-1, 1)],
    open: true,
  },
  { name: 'Dropout at inference', type: 'Dropout', inputs: [[2, 3]] },
]
