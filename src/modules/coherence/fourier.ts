/**
 * The inverse real Fourier transform in two dimensions as two matrix products, so that it is part of an operator graph
 * and can be differentiated. With z the spectrum of a real image of h × w pixels (columns kx ≤ w/2 alone):
 *   image[y, x] = 1/(hw) Σ_kx c_kx Σ_ky Re( z[ky, kx] e^{2πi (ky y/h + kx x/w)} ),  c = 1 for kx = 0 and w/2, else 2,
 * which is `irfft2` of NumPy. A spectrum is stored as [columns, 2h]: for each kx the real parts of all ky, then the
 * imaginary ones. Lucid scales each frequency f by √(hw)/max(f, 1/max(w, h)) and the image by ¼ (param/spatial.py),
 * so that all frequencies start with the same energy as in natural images.
 */
import { type Tensor, tensor } from '../../tensor/tensor.ts'

export interface FourierBasis {
  /** kx that are stored: ⌊w/2⌋ + 1. */
  readonly columns: number
  /** Factor of each coefficient: [columns × 2h]. */
  readonly scale: Tensor
  /** Along rows, [2h × 2h]: spectrum [columns × 2h] times this is [columns × 2h], real parts of all y first. */
  readonly alongRows: Tensor
  /** Along columns, [2·columns × w]: real parts of all kx, then imaginary ones. */
  readonly alongColumns: Tensor
}

const LUCID_FACTOR = 0.25

export function fourierBasis(height: number, width: number): FourierBasis {
  const columns = Math.floor(width / 2) + 1
  const wide = 2 * height
  const scale = new Float32Array(columns * wide)
  for (let kx = 0; kx < columns; kx++)
    for (let ky = 0; ky < height; ky++) {
      const frequency = Math.hypot(Math.min(ky, height - ky) / height, kx / width)
      const factor = (LUCID_FACTOR * Math.sqrt(height * width)) / Math.max(frequency, 1 / Math.max(width, height))
      scale[kx * wide + ky] = factor
      scale[kx * wide + height + ky] = factor
    }
  const alongRows = new Float32Array(wide * wide)
  for (let ky = 0; ky < height; ky++)
    for (let y = 0; y < height; y++) {
      const [cos, sin] = turn(ky * y, height)
      alongRows[ky * wide + y] = cos
      alongRows[ky * wide + height + y] = sin
      alongRows[(height + ky) * wide + y] = -sin
      alongRows[(height + ky) * wide + height + y] = cos
    }
  const alongColumns = new Float32Array(2 * columns * width)
  for (let kx = 0; kx < columns; kx++)
    for (let x = 0; x < width; x++) {
      const twice = kx === 0 || 2 * kx === width ? 1 : 2
      const [cos, sin] = turn(kx * x, width)
      alongColumns[kx * width + x] = (twice * cos) / (height * width)
      alongColumns[(columns + kx) * width + x] = (-twice * sin) / (height * width)
    }
  return {
    columns,
    scale: tensor(scale, [columns, wide]),
    alongRows: tensor(alongRows, [wide, wide]),
    alongColumns: tensor(alongColumns, [2 * columns, width]),
  }
}

/** Cosine and sine of a whole number of n-ths of a turn. */
function turn(parts: number, n: number): readonly [number, number] {
  const angle = (2 * Math.PI * (parts % n)) / n
  return [Math.cos(angle), Math.sin(angle)]
}
