/** Each kind of file, and what is said about files that are none. */
import { describe, expect, it } from 'vitest'
import { FormatError, UnsupportedError, UsageError } from '../../../src/errors.ts'
import { prepareGraphFile } from '../../../src/graph/prepare-graph-file.ts'
import { writeNpy } from '../../../src/tensor/npy.ts'
import { writeNpz } from '../../../src/tensor/npz.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { graphMl, opened } from './graph-text.ts'

const unitLayer = (size: number) => [{ name: 'units', size, role: 'hidden', kind: 'neuron' }]

/** Edges as [row, column, weight], of one layer. */
async function edgesOf(name: string, content: string | Uint8Array<ArrayBuffer>) {
  const file = await opened(name, content)
  const [block] = file?.graph.blocks ?? []
  const found: number[][] = []
  const size = file?.graph.layers[0].size ?? 0
  if (block.edges.kind === 'dense')
    block.edges.values.forEach((weight, at) => {
      if (weight > 0) found.push([Math.floor(at / size), at % size, weight])
    })
  else
    for (let row = 0; row < size; row++)
      for (let at = block.edges.rowStart[row]; at < block.edges.rowStart[row + 1]; at++)
        found.push([row, block.edges.columns[at], block.edges.values[at]])
  return found
}

const ints = (values: number[], shape = [values.length]) => tensor(Int32Array.from(values), shape)
const floats = (values: number[], shape = [values.length]) => tensor(Float64Array.from(values), shape)
/** 0–1 of weight 2, 1–2 of weight .5. */
const TRIANGLE = [
  [1, 0, 2],
  [2, 1, 0.5],
]
const DENSE = [0, 2, 0, 2, 0, 0.5, 0, 0.5, 0]

describe('CSV', () => {
  it('a list of edges: other columns, quotes, no order of columns', async () => {
    const text = '\ufeffTarget,type,Source,Weight\r\n"b, or ""B""",x,a,2\r\n\r\n c ,y,"b, or ""B""",.5\r\n'
    const file = await opened('edges.csv', text)
    expect(file?.names).toEqual(['a', 'b, or "B"', 'c'])
    expect(file?.graph.layers).toEqual(unitLayer(3))
    expect(await edgesOf('edges.csv', text)).toEqual(TRIANGLE)
  })

  it('without weights each edge counts 1; repeated edges add up, loops go: both are said', async () => {
    const text = 'source,target\na,b\nb,a\na,a\nb,c\n'
    expect(await edgesOf('e.csv', text)).toEqual([
      [1, 0, 2],
      [2, 1, 1],
    ])
    expect((await opened('e.csv', text))?.notes.join(' ')).toMatch(/to itself.*: 1.*added up: 1.*each counts 1/)
  })

  it('a matrix, bare or with names', async () => {
    const bare = '0,2,0\n2,0,.5\n0,.5,0\n'
    expect(await edgesOf('m.csv', bare)).toEqual(TRIANGLE)
    const named = ',x,y,z\nx,0,2,0\ny,2,0,.5\nz,0,.5,0\n'
    expect(await edgesOf('m.csv', named)).toEqual(TRIANGLE)
    expect((await opened('m.csv', named))?.names).toEqual(['x', 'y', 'z'])
    expect(await edgesOf('m.csv', '0,0,0\n2,0,0\n0,.5,0\n')).toEqual(TRIANGLE)
  })

  it.each([
    ['', FormatError, /is empty/],
    ['source,target,weight\n', FormatError, /no nodes/],
    ['a,b,c\n1,2,3\n', FormatError, /begins with "a,b,c".*source,target,weight/],
    ['source,target,weight\na,b\n', FormatError, /line 2: 2 fields, but the first line has 3/],
    ['source,target,weight\na,b,x\n', FormatError, /line 2: "x" where a number/],
    ['source,target,weight\na,b,NaN\n', FormatError, /line 2: "NaN"/],
    ['source,target,weight\na,b,1e39\n', FormatError, /line 2: the weight 1e\+39/],
    ['source,target,weight\n\na,b,-1\n', UsageError, /line 3: the weight -1 is negative.*--signed magnitude/],
    ['source,target,weight\n"a,b,1\n', FormatError, /never closed/],
    ['source,target,weight\na"b,c,1\n', FormatError, /inside a field/],
    ['source,target,weight\n"a"b,c,1\n', FormatError, /behind a closing quote/],
    [`source,target\n${'x'.repeat(70_000)},b\n`, FormatError, /longer than 65536/],
    ['0,1\n1,0\n0,0\n', FormatError, /line 3: more rows than the 2 columns/],
    ['0,1,0\n1,0,0\n', FormatError, /2 rows and 3 columns/],
    ['0,1\n2,0\n', UsageError, /not symmetric: 2 at \(1, 0\) but 1 at \(0, 1\)/],
    ['0,1,0\n1,0,1\n0,0,0\n', UsageError, /not symmetric: 1 pairs/],
    [',a,b\na,0,1\nc,1,0\n', FormatError, /row "c" where column "b"/],
    [',a,a\na,0,1\na,1,0\n', FormatError, /same name/],
  ])('%j is refused', async (text, kind, message) => {
    const failing = opened('graph.csv', text)
    await expect(failing).rejects.toThrow(kind)
    await expect(failing).rejects.toThrow(message)
  })

  it('negative weights without their sign, where that is asked', async () => {
    const file = await opened('e.csv', 'source,target,weight\na,b,-2\n', { signed: 'magnitude' })
    expect(file?.graph.blocks[0].edges.values).toContain(2)
    expect(file?.notes.join()).toContain('without their sign: 1')
  })
})

describe('NumPy and SciPy', () => {
  /** As scipy.sparse.save_npz writes it, but for the string `format`, which is not read. */
  const sparse = (arrays: Record<string, Tensor>) => writeNpz({ ...arrays, shape: ints([3, 3]) })
  const csr = { indptr: ints([0, 1, 3, 4]), indices: ints([1, 0, 2, 1]), data: floats([2, 2, 0.5, 0.5]) }

  it('dense, csr, coo, one triangle: one graph', async () => {
    const coo = { row: ints([0, 1]), col: ints([1, 2]), data: floats([2, 0.5]) }
    const files: [string, Uint8Array<ArrayBuffer>][] = [
      ['a.npy', writeNpy(floats(DENSE, [3, 3]))],
      ['a.npz', writeNpz({ adjacency: floats(DENSE, [3, 3]), other: ints([1]) })],
      ['a.npz', writeNpz({ arr_0: floats(DENSE, [3, 3]) })],
      ['a.npz', sparse(csr)],
      ['a.npz', sparse(coo)],
    ]
    for (const [name, bytes] of files) expect(await edgesOf(name, bytes)).toEqual(TRIANGLE)
  })

  it('weights are no graphs', async () => {
    expect(await opened('w.npy', writeNpy(floats([1, 2, 3, 4], [2, 2])))).toBeUndefined()
    expect(await opened('w.npz', writeNpz({ a: floats(DENSE, [3, 3]), b: floats(DENSE, [3, 3]) }))).toBeUndefined()
    expect(await opened('net.onnx', new Uint8Array(20))).toBeUndefined()
  })

  it.each([
    [sparse({ ...csr, indices: ints([1, 0, 3, 1]) }), FormatError, /index 3 in a matrix of 3 rows/],
    [sparse({ ...csr, indices: ints([1, -1, 2, 1]) }), FormatError, /index -1/],
    [sparse({ ...csr, indptr: ints([0, 3, 1, 4]) }), FormatError, /row 1 begins at 3 and ends at 1/],
    [sparse({ ...csr, indptr: ints([0, 1, 4]) }), FormatError, /row starts do not fit/],
    [writeNpz({ ...csr, shape: floats([2 ** 40, 2 ** 40]) }), FormatError, /more than the 2097152/],
    [writeNpz({ ...csr, shape: ints([3, 4]) }), FormatError, /shape \[3,4\]/],
    [writeNpz({ offsets: ints([0]), data: floats([1]), shape: ints([1, 1]) }), UnsupportedError, /tocsr/],
    [writeNpz({ adjacency: floats([1, 2], [1, 2]) }), FormatError, /square/],
    [writeNpz({ adjacency: floats([0, 1, 3, 0], [2, 2]) }), UsageError, /not symmetric/],
    [writeNpz({ sizes: ints([2, 2]), layer_names_utf8: ints([97]) }), FormatError, /names and sizes/],
    [
      writeNpz({ sizes: ints([1]), layer_names_utf8: ints([97]), block_0_4: ints([1], [1, 1]) }),
      FormatError,
      /block_0_4 lies/,
    ],
  ])('damaged files are refused (%#)', async (bytes, kind, message) => {
    const failing = opened('graph.npz', bytes)
    await expect(failing).rejects.toThrow(kind)
    await expect(failing).rejects.toThrow(message)
  })
})

describe('GraphML', () => {
  const edge = (a: string, b: string, weight: number) =>
    `<edge source="${a}" target="${b}"><data key="w">${weight}</data></edge>`

  it('nodes and edges, by the names of their keys', async () => {
    expect(await edgesOf('g.graphml', graphMl(edge('a', 'b', 2) + edge('c', 'b', 0.5)))).toEqual(TRIANGLE)
    const file = await opened('g.xml', graphMl('<edge source="a" target="b"/>'))
    expect(file?.names).toEqual(['a', 'b', 'c'])
    expect(file?.notes.join()).toContain('Edges without a weight count 1: 1 of 1')
  })

  it('a default weight, names, layers, directed edges', async () => {
    const file = await opened(
      'g.graphml',
      `<g:graphml xmlns:g="x"><g:key id="d0" for="node" attr.name="layer"/><g:key id="d1" for="node" attr.name="label"/>
      <g:key id="d2" for="edge" attr.name="weight"><g:default> 3 </g:default></g:key>
      <g:graph edgedefault="directed"><g:node id="1"><g:data key="d0">top</g:data><g:data key="d1">one &amp; only</g:data></g:node>
      <g:edge source="2" target="1"/><g:node id="2"><g:data key="d0">below</g:data></g:node></g:graph></g:graphml>`,
    )
    expect(file?.graph.layers.map(({ name, size }) => [name, size])).toEqual([
      ['top', 1],
      ['below', 1],
    ])
    expect(file?.graph.blocks).toEqual([{ from: 0, to: 1, edges: { kind: 'dense', values: Float32Array.of(3) } }])
    expect(file?.names).toEqual(['one & only', '2'])
    expect(file?.notes).toContain('The directions of edges do not count.')
  })

  const laughs = `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "${'&lol;'.repeat(10)}"><!ENTITY lol3 "${'&lol2;'.repeat(10)}">]>`
  it.each([
    ['entities', graphMl('<node id="&lol3;"/>', laughs), FormatError, /entity/i],
    [
      'external entities',
      graphMl('<node id="&x;"/>', '<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
      FormatError,
      /entity/i,
    ],
    ['depth', graphMl('<data>'.repeat(100_000)), FormatError, /within each other/],
    ['a text without end', graphMl(`<data key="w">${'x'.repeat(8_000_000)}`), FormatError, /no tag ends/],
    ['text that is cut off', graphMl('').slice(0, -20), FormatError, /line/],
    ['an edge to nowhere', graphMl(edge('a', 'd', 1)), FormatError, /"d", which is no node/],
    ['two nodes of one id', graphMl('<node id="a"/>'), FormatError, /two nodes have the id "a"/],
    ['a node without id', graphMl('<node/>'), FormatError, /no id/],
    [
      'words for weights',
      graphMl('<edge source="a" target="b"><data key="w">heavy</data></edge>'),
      FormatError,
      /"heavy" is no weight/,
    ],
    ['hyperedges', graphMl('<hyperedge/>'), UnsupportedError, /more than two ends/],
    ['graphs in nodes', graphMl('<node id="d"><graph/></node>'), UnsupportedError, /graphs within nodes/],
    ['another document', '<html><graphml></graphml></html>', FormatError, /no <graph> element/],
    ['a negative weight', graphMl(edge('a', 'b', -1)), UsageError, /line 5: the weight -1/],
  ])('%s: refused', async (_, text, kind, message) => {
    const failing = opened('graph.graphml', text)
    await expect(failing).rejects.toThrow(kind)
    await expect(failing).rejects.toThrow(message)
  })

  it('layers must be told of all nodes or of none', async () => {
    const text = graphMl('<node id="d"><data key="l">1</data></node>').replace(
      '<graph ',
      '<key id="l" for="node" attr.name="layer"/><graph ',
    )
    await expect(opened('g.graphml', text)).rejects.toThrow(/node "a" is in no layer/)
  })
})

describe('prepareGraphFile', () => {
  it('keeps every node with an edge of a graph without inputs and outputs, and names those of chosen layers', async () => {
    const own = 'from_layer,from_unit,to_layer,to_unit,weight\nx,0,y,0,1\nx,1,y,0,1e-9\nz,0,y,0,1\n'
    const file = await opened('g.csv', own)
    const all = prepareGraphFile(file as NonNullable<typeof file>)
    expect(all.parameters).toEqual({ units: 'all', isolated: 'degree', dead: 0, affinity: 'weights' })
    expect(all.removed).toEqual([])
    const some = prepareGraphFile(file as NonNullable<typeof file>, { units: 'y,z' })
    expect(some.names).toEqual(['y/0', 'z/0'])
    expect(some.graph.layers.map(({ name }) => name)).toEqual(['y', 'z'])
  })
})
