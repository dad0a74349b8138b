/**
 * Einsum without ellipses: y[output letters] = Σ over all other letters of the product of the inputs at their letters.
 */
import type { Operator } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { type Kernel, type KernelTable, like, misfit, required, stridesOf, textAttribute } from './value.ts'

/** The letters of each input, and those of the output: named, or those that occur once, in alphabetical order. */
function parse(operator: Operator): { terms: string[]; output: string } {
  const equation = textAttribute(operator, 'equation', '').replaceAll(' ', '')
  if (!/^[A-Za-z,]+(->[A-Za-z]*)?$/.test(equation)) misfit(operator, `has the equation "${equation}"`)
  const [left, right] = equation.split('->')
  const letters = left.replaceAll(',', '')
  const once = [...letters].filter(letter => letters.split(letter).length === 2).sort()
  return { terms: left.split(','), output: right ?? once.join('') }
}

const einsum: Kernel = (operator, inputs) => {
  const { terms, output } = parse(operator)
  const parts = inputs.map((_, at) => required(operator, inputs, at))
  const sizes = new Map<string, number>()
  parts.forEach(({ shape }, at) => {
    if (terms[at]?.length !== shape.length) misfit(operator, `gets the shape [${shape}] for "${terms[at] ?? ''}"`)
    shape.forEach((size, axis) => {
      const letter = terms[at][axis]
      if ((sizes.get(letter) ?? size) !== size) misfit(operator, `has two sizes for "${letter}"`)
      sizes.set(letter, size)
    })
  })
  const summed = [...sizes.keys()].filter(letter => !output.includes(letter))
  const letters = [...output, ...summed]
  const shape = letters.map(letter => sizes.get(letter) ?? misfit(operator, `does not read "${letter}"`))
  // A letter that occurs twice in one term walks its diagonal: the strides add up.
  const steps = parts.map((part, at) => {
    const own = stridesOf(part.shape)
    const term = terms[at]
    return letters.map(letter => own.reduce((sum, stride, axis) => sum + (term[axis] === letter ? stride : 0), 0))
  })
  const result = like(parts[0], shape.slice(0, output.length))
  const inner = elementCount(shape.slice(output.length))
  const places = new Int32Array(parts.length)
  const index = new Int32Array(shape.length)
  for (let at = 0; at < elementCount(shape); at++) {
    let term = 1
    for (let part = 0; part < parts.length; part++) term *= parts[part].data[places[part]]
    result.data[Math.floor(at / inner)] += term
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const isWithin = ++index[axis] < shape[axis]
      for (let part = 0; part < parts.length; part++)
        places[part] += isWithin ? steps[part][axis] : -steps[part][axis] * (shape[axis] - 1)
      if (isWithin) break
      index[axis] = 0
    }
  }
  return [result]
}

export const EINSUM: KernelTable = { Einsum: einsum }
