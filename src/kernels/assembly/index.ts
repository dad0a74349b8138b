// Entry point of the WebAssembly module. Every kernel works on raw addresses in linear memory that the caller lays out
// (see ../kernels.ts); nothing is allocated in here. Sums run in a fixed order, so all engines give the same bits.
export { maxima, sums, sparseMaxima, sparseSums } from './degrees'
export { packDense, packDenseTransposed, transposeSparse, packSparse } from './pack'
export { applyRows, applySymmetric, scale } from './operator'
export { orthogonalise, normalise, combine, dot } from './krylov'
export { seedCentres, lloyd, inertia } from './kmeans'
export { withinDense, withinSparse } from './ncut'
export { magnitudes, gather, collect, scaleUnits, gram, mix, deflate, combineThree, residuals, edgeGradient } from './block'
export { trainPerceptron, probeUnits } from './perceptron'
export { validate } from './perceptron-validation'
export { squaredProducts } from './correlation'

// Where the tables of the standard library (logarithms, exponentials) end and free memory begins.
export function heapBase(): usize {
  return __heap_base
}
