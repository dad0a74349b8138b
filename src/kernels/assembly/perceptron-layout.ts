// How the descriptor of perceptron.ts is read. Layers have records of 32 bytes: units below, units, addresses of row starts
// and sources, offsets of weights and biases among the parameters, addresses of activation and delta rows.

export const RECORD: usize = 32

@inline
export function word(d: usize, index: i32): i32 {
  return load<i32>(d + (<usize>index << 2))
}

@inline
export function address(d: usize, index: i32): usize {
  return <usize>load<u32>(d + (<usize>index << 2))
}

export function outputCount(d: usize): i32 {
  return word(address(d, 7) + RECORD * <usize>(word(d, 0) - 1), 1)
}
