// Random numbers for training inside the kernel: splitmix64 (Steele, Lea and Flood 2014), its state a u64 in memory.

@inline
function bits(state: usize): u64 {
  let z = load<u64>(state) + 0x9e3779b97f4a7c15
  store<u64>(state, z)
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb
  return z ^ (z >> 31)
}

// Uniform integer in [0, n): the high part of a 32-bit product, whose bias is below n/2³².
export function below(state: usize, n: i32): i32 {
  return <i32>(((bits(state) >> 32) * <u64>n) >> 32)
}

// One of 2¹⁴ equally likely quantiles of the normal distribution.
@inline
export function gaussian(state: usize, normals: usize): f32 {
  return load<f32>(normals + ((<usize>(bits(state) >> 50)) << 2))
}
