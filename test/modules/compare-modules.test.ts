import { describe, expect, it } from 'vitest'
import { FormatError } from '../../src/errors.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { prepareGraph } from '../../src/graph/prepare.ts'
import { compareModules, type LayeredPartition } from '../../src/modules/compare-modules.ts'
import { openPartition } from '../../src/modules/partition-file.ts'
import { mlp } from '../../src/network/architectures.ts'
import { cluster, ncutOf } from '../../src/partition/cluster.ts'
import { writeNpz } from '../../src/tensor/npz.ts'
import { tensor } from '../../src/tensor/tensor.ts'

async function clustered(seed: number, widths = [20, 40, 40, 10]): Promise<LayeredPartition> {
  const { part } = await prepareGraph(mlp(widths, { seed, planting: { modules: 5 } }).network)
  const { labels } = await cluster(part.graph, { k: 5, seed: 1 })
  return { name: `seed ${seed}`, layers: part.graph.layers, labels, graph: part.graph }
}

describe('compareModules', () => {
  it('a network beside itself: everything is kept', async () => {
    const one = await clustered(1)
    const found = await compareModules(one, one, { seed: 1, draws: 20 })
    expect(found.agreement).toMatchObject({ ari: 1, vi: 0, count: 110 })
    expect(found.moved).toEqual([])
    expect(found.layers.map(({ kept }) => kept)).toEqual([20, 40, 40, 10])
    expect(found.ncut.first).toEqual({ own: found.ncut.second?.own, underOther: found.ncut.second?.own })
  })

  it('other initialisations have other modules, and cut each other worse', async () => {
    const [one, two] = [await clustered(1), await clustered(2)]
    const { agreement, moved, layers, ncut } = await compareModules(one, two, { seed: 1, draws: 99 })
    expect(agreement.ari).toBeLessThan(0.2)
    expect(moved.length).toBe(layers.reduce((sum, layer) => sum + layer.moved, 0))
    expect(moved.length).toBeGreaterThan(40)
    for (const { unit, from, to } of moved) expect([from, to]).toEqual([one.labels[unit], two.labels[unit]])
    expect(ncut.first?.underOther).toBeGreaterThan((ncut.first?.own as number) * 1.2)
    expect(ncut.second?.underOther).toBe(await ncutOf(two.graph as NonNullable<typeof two.graph>, one.labels))
  })

  it('modules that are whole layers agree by that alone: shuffles within layers say so', async () => {
    const layers = [6, 8, 6].map((size, l) => ({ name: `l${l}`, size }))
    const labels = (turn: number) =>
      Int32Array.from({ length: 20 }, (_, unit) => (unit < 6 ? 0 : unit < 14 ? 1 : unit % 4 < turn ? 2 : 3))
    const [one, two] = [2, 1].map(turn => ({ name: String(turn), layers, labels: labels(turn) }))
    const { nmiNull, nmiNullWithinLayers } = await compareModules(one, two, { seed: 1, draws: 199 })
    expect(nmiNull.p).toBe(1 / 200)
    expect(nmiNullWithinLayers.p).toBeGreaterThan(0.1)
    const same = await compareModules(one, one, { seed: 1, draws: 199 })
    expect(same.nmiNullWithinLayers.p).toBeLessThan(0.2)
  })

  it('permuted units are other units', async () => {
    const one = await clustered(1)
    const turned = { ...one, graph: undefined, labels: one.labels.slice() }
    turned.labels.set(one.labels.subarray(20, 60).toReversed(), 20)
    const { agreement, ncut } = await compareModules(one, turned, { seed: 1, draws: 20 })
    expect(agreement.ari).toBeLessThan(0.8)
    expect(ncut.second).toBeNull()
  })

  it('names the first layer that differs', async () => {
    await expect(compareModules(await clustered(1), await clustered(1, [20, 40, 30, 10]), { seed: 1 })).rejects.toThrow(
      /seed 1 and seed 1 differ at layer 2: "dense2" with 40 neurons and "dense2" with 30 neurons/,
    )
    await expect(compareModules(await clustered(1), await clustered(1, [20, 40, 40]), { seed: 1 })).rejects.toThrow(
      /differ at layer 3: .* and none/,
    )
  })
})

describe('openPartition', () => {
  const open = (name: string, content: string | Uint8Array<ArrayBuffer>) =>
    openPartition(memorySource(typeof content === 'string' ? new TextEncoder().encode(content) : content, { name }))
  const layers = [
    { name: 'a', size: 2, kind: 'channel' },
    { name: 'b', size: 1, kind: 'neuron' },
  ]
  const partition = { layers, labels: Int32Array.of(1, 0, -1) }

  it('the JSON of cluster and of analyze', async () => {
    expect(await open('c.json', JSON.stringify({ k: 2, labels: [1, 0, -1], layers }))).toEqual({
      name: 'c.json',
      ...partition,
    })
    expect(await open('a.json', JSON.stringify({ partition: { labels: [1, 0, -1] }, layers }))).toMatchObject(partition)
  })

  it('CSV with or without layers, npz', async () => {
    expect(await open('units.csv', 'unit,layer,module\n0,a,1\n1,a,0\n2,b,-1\n')).toMatchObject({
      layers: layers.map(({ name, size }) => ({ name, size })),
      labels: partition.labels,
    })
    const flat = { layers: [{ name: 'units', size: 3 }], labels: partition.labels }
    expect(await open('l.csv', 'label\n1\n0\n-1\n')).toMatchObject(flat)
    expect(await open('l.npz', writeNpz({ labels: tensor(Int32Array.of(1, 0, -1), [3]) }))).toMatchObject(flat)
  })

  it('other files are none', async () => {
    expect(await open('model.json', '{"layers": []}')).toBeUndefined()
    expect(await open('e.csv', 'source,target,label\na,b,1\n')).toBeUndefined()
    expect(await open('w.npz', writeNpz({ w: tensor(Float32Array.of(1), [1]) }))).toBeUndefined()
    expect(await open('net.onnx', 'x')).toBeUndefined()
  })

  it.each([
    ['{"labels": [0, 1.5]}', /unit 1 is in module 1.5/],
    ['{"labels": [0, -2]}', /module -2/],
    ['{"labels": [0, 4000000000]}', /module 4000000000/],
    ['{"labels": [0, "0"]}', /module 0/],
    ['{"labels": [0, 1], "layers": [{"name": "a", "size": 3}]}', /2 labels, but its layers have 3/],
    ['{"labels": [0, 1], "layers": [{"name": "a", "size": -3}]}', /layer 0 has size -3/],
  ])('%s is refused', async (text, message) => {
    const failing = open('p.json', text)
    await expect(failing).rejects.toThrow(FormatError)
    await expect(failing).rejects.toThrow(message)
  })
})
