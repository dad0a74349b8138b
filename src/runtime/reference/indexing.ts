/** Operators that read or write at places given by an index tensor. Negative indices count from the end. */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import {
  around,
  axisOf,
  type Kernel,
  type KernelTable,
  like,
  misfit,
  required,
  stridesOf,
  textAttribute,
  type Value,
} from './value.ts'

function placeOf(operator: Operator, index: number, size: number): number {
  const place = index < 0 ? index + size : index
  if (!(place >= 0 && place < size)) misfit(operator, `has the index ${index} for an axis of ${size}`)
  return place
}

const gather: Kernel = (operator, inputs) => {
  const [x, indices] = [required(operator, inputs, 0), required(operator, inputs, 1)]
  const axis = axisOf(operator, numberAttribute(operator, 'axis', 0), x.shape.length)
  const { outer, size, inner } = around(x.shape, axis)
  const y = like(x, x.shape.toSpliced(axis, 1, ...indices.shape))
  const places = indices.data.map(index => placeOf(operator, index, size))
  for (let row = 0; row < outer; row++)
    places.forEach((place, at) => {
      const from = (row * size + place) * inner
      y.data.set(x.data.subarray(from, from + inner), (row * places.length + at) * inner)
    })
  return [y]
}

/** For each element of the index tensor, the place in `shape` that has its own coordinates but for the axis. */
function elementPlaces(operator: Operator, shape: readonly number[], indices: Value): Int32Array {
  const axis = axisOf(operator, numberAttribute(operator, 'axis', 0), shape.length)
  const strides = stridesOf(shape)
  const own = stridesOf(indices.shape)
  return Int32Array.from(indices.data, (index, at) =>
    shape.reduce((place, size, other) => {
      const coordinate = Math.floor(at / own[other]) % indices.shape[other]
      return place + strides[other] * (other === axis ? placeOf(operator, index, size) : coordinate)
    }, 0),
  )
}

/** Starts of the slices that index tuples name, one per tuple. */
function slicePlaces(operator: Operator, shape: readonly number[], indices: Value, batchDims: number): Int32Array {
  const depth = indices.shape[indices.shape.length - 1]
  const strides = stridesOf(shape)
  const tuples = elementCount(indices.shape.slice(0, -1))
  const perBatch = tuples / elementCount(shape.slice(0, batchDims))
  const batchStride = elementCount(shape.slice(batchDims))
  return Int32Array.from({ length: tuples }, (_, tuple) => {
    let place = Math.floor(tuple / perBatch) * batchStride
    for (let i = 0; i < depth; i++)
      place += strides[batchDims + i] * placeOf(operator, indices.data[tuple * depth + i], shape[batchDims + i])
    return place
  })
}

const gatherElements: Kernel = (operator, inputs) => {
  const [x, indices] = [required(operator, inputs, 0), required(operator, inputs, 1)]
  const places = elementPlaces(operator, x.shape, indices)
  return [
    like(
      x,
      indices.shape,
      Float64Array.from(places, place => x.data[place]),
    ),
  ]
}

const gatherND: Kernel = (operator, inputs) => {
  const [x, indices] = [required(operator, inputs, 0), required(operator, inputs, 1)]
  const batchDims = numberAttribute(operator, 'batch_dims', 0)
  const depth = indices.shape[indices.shape.length - 1]
  const rest = x.shape.slice(batchDims + depth)
  const y = like(x, [...indices.shape.slice(0, -1), ...rest])
  const length = elementCount(rest)
  slicePlaces(operator, x.shape, indices, batchDims).forEach((place, at) => {
    y.data.set(x.data.subarray(place, place + length), at * length)
  })
  return [y]
}

const COMBINE: Readonly<Record<string, (old: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: Math.max,
  min: Math.min,
}

/** A copy of `x` with the updates combined in, in their order, `length` neighbours at each place. */
function scattered(operator: Operator, x: Value, places: Int32Array, updates: Value, length: number): Value {
  if (updates.data.length !== places.length * length)
    misfit(operator, `gets updates of the shape [${updates.shape}] for ${places.length} places`)
  const reduction = textAttribute(operator, 'reduction', 'none')
  const combine = COMBINE[reduction] ?? misfit(operator, `has the unknown reduction "${reduction}"`)
  const data = x.data.slice()
  places.forEach((place, at) => {
    for (let i = 0; i < length; i++) data[place + i] = combine(data[place + i], updates.data[at * length + i])
  })
  return like(x, x.shape, data)
}

const scatterElements: Kernel = (operator, inputs) => {
  const [x, indices, updates] = [0, 1, 2].map(at => required(operator, inputs, at))
  return [scattered(operator, x, elementPlaces(operator, x.shape, indices), updates, 1)]
}

const scatterND: Kernel = (operator, inputs) => {
  const [x, indices, updates] = [0, 1, 2].map(at => required(operator, inputs, at))
  const length = elementCount(x.shape.slice(indices.shape[indices.shape.length - 1]))
  return [scattered(operator, x, slicePlaces(operator, x.shape, indices, 0), updates, length)]
}

/** A new axis that holds `on` at the index and `off` elsewhere; indices out of range leave all of it `off`. */
const oneHot: Kernel = (operator, inputs) => {
  const [indices, depths, values] = [0, 1, 2].map(at => required(operator, inputs, at))
  const depth = depths.data[0]
  const [off, on] = values.data
  const axis = axisOf(operator, numberAttribute(operator, 'axis', -1), indices.shape.length + 1)
  const y = like(values, indices.shape.toSpliced(axis, 0, depth))
  const inner = elementCount(indices.shape.slice(axis))
  y.data.fill(off)
  indices.data.forEach((index, at) => {
    const place = index < 0 ? index + depth : index
    if (place >= 0 && place < depth) y.data[(Math.floor(at / inner) * depth + place) * inner + (at % inner)] = on
  })
  return [y]
}

export const INDEXING: KernelTable = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  OneHot: oneHot,
}
