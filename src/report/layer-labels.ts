/**
 * Short labels for layers: the fewest last parts of the path-like names exporters write that still tell all layers
 * apart, without the operator type at the end. `/features/features.0/Conv` and `/features/features.2/Conv` become
 * `features.0` and `features.2`.
 */
export function layerLabels(names: readonly string[]): string[] {
  const paths = names.map(partsOf)
  const most = Math.max(0, ...paths.map(parts => parts.length))
  for (let count = 1; count <= most; count++) {
    const labels = paths.map(parts => parts.slice(-count).join('/'))
    if (new Set(labels).size === labels.length) return labels
  }
  return [...names]
}

function partsOf(name: string): string[] {
  const parts = name.split('/').filter(part => part !== '')
  if (parts.length > 1 && OPERATOR.test(parts[parts.length - 1])) parts.pop()
  return parts.length > 0 ? parts : [name]
}

const OPERATOR = /^(Conv|ConvTranspose|Conv2D|Gemm|MatMul|BiasAdd)(_\d+)?(__\d+)?$/
