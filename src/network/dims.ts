/**
 * Dimensions known in part. A dimension is a number, or a symbol (a string) that stands for one unknown size; equal
 * symbols are equal sizes, which lets an open batch size be followed through a reshape.
 */
export type Dim = number | string
export type DimShape = readonly Dim[]

/** A product of dimensions: its numbers multiplied, its symbols listed. */
interface Product {
  readonly factor: number
  readonly symbols: readonly string[]
}

/** The axis counted from the front, or undefined where there is none such. */
export function normalAxis(axis: number, rank: number): number | undefined {
  const normal = axis < 0 ? axis + rank : axis
  return normal >= 0 && normal < rank ? normal : undefined
}

/** NumPy's broadcasting. `fresh` names a dimension that cannot be told. Undefined where sizes clash. */
export function broadcast(a: DimShape, b: DimShape, fresh: () => string): DimShape | undefined {
  const rank = Math.max(a.length, b.length)
  const at = (shape: DimShape, axis: number) => shape[axis - rank + shape.length] ?? 1
  const dims: Dim[] = []
  for (let axis = 0; axis < rank; axis++) {
    const [x, y] = [at(a, axis), at(b, axis)]
    if (x === y || y === 1) dims.push(x)
    else if (x === 1) dims.push(y)
    else if (typeof x === 'number' && typeof y === 'number') return undefined
    else dims.push(typeof x === 'number' ? x : typeof y === 'number' ? y : fresh())
  }
  return dims
}

export function product(dims: DimShape): Product {
  return {
    factor: dims.reduce<number>((factor, dim) => (typeof dim === 'number' ? factor * dim : factor), 1),
    symbols: dims.filter(dim => typeof dim === 'string'),
  }
}

/** The product as one dimension: a number, a symbol, or a fresh symbol where it is a compound. */
export function productDim(dims: DimShape, fresh: () => string): Dim {
  return quotient(product(dims), product([])) ?? fresh()
}

/** `total / part` as one dimension; undefined where symbols are left that do not cancel. */
export function quotient(total: Product, part: Product): Dim | undefined {
  const left = [...total.symbols]
  for (const symbol of part.symbols) {
    const at = left.indexOf(symbol)
    if (at < 0) return undefined
    left.splice(at, 1)
  }
  const factor = total.factor / part.factor
  if (!Number.isInteger(factor)) return undefined
  if (left.length === 0) return factor
  return left.length === 1 && factor === 1 ? left[0] : undefined
}
