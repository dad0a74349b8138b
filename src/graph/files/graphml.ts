/**
 * GraphML (http://graphml.graphdrawing.org/specification.html), as `lobes cluster --graph`, NetworkX, igraph and Gephi write it:
 * nodes and edges with data. Of nodes `name` or `label` (else the id), `layer`, `role` and `kind` are read, of edges `weight`
 * (1 where there is none). Directed edges count as undirected. XML is parsed by saxes, piece by piece; it expands no entity
 * that a document declares, and documents that nest deeper than any graph does are refused.
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes'
import { FormatError, UnsupportedError } from '../../errors.ts'
import type { ByteSource } from '../../formats/source.ts'
import { edgeCollector, type SignedWeights } from './edges.ts'
import { type GraphFile, graphOf } from './graph-file.ts'
import { nodeTable } from './nodes.ts'
import { textChunks } from './text-chunks.ts'

const DEEPEST = 64
/** Characters without the end of a tag: more than any name or number takes. */
const LONGEST_GAP = 2 ** 22
/** What is read of an element, by the elements that `<key for=…>` may name. */
type Scope = 'node' | 'edge'
const SCOPES: readonly Scope[] = ['node', 'edge']

/** @throws FormatError for what is no GraphML, with the line; UnsupportedError for hyperedges and nested graphs. */
export async function readGraphMl(source: ByteSource, signed: SignedWeights): Promise<GraphFile> {
  const reading = graphReading(source.name, signed)
  const parser = new SaxesParser({ xmlns: false, position: true } as const)
  const fail = (problem: string) =>
    new FormatError('format.graphml', `${source.name}, line ${parser.line}: ${problem.replace(/^\d+:\d+: /, '')}`)
  let [depth, sinceTag, text] = [0, 0, '']
  parser.on('error', error => {
    throw fail(error.message)
  })
  parser.on('opentag', tag => {
    sinceTag = 0
    text = ''
    if (++depth > DEEPEST) throw fail(`more than ${DEEPEST} elements stand within each other.`)
    reading.open(tag, problem => fail(problem))
  })
  parser.on('text', own => {
    text += own
  })
  parser.on('closetag', ({ name }) => {
    sinceTag = 0
    depth--
    reading.close(
      localName(name),
      text,
      problem => fail(problem),
      () => `line ${parser.line}`,
    )
    text = ''
  })
  for await (const chunk of textChunks(source)) {
    sinceTag += chunk.length
    parser.write(chunk)
    if (sinceTag > LONGEST_GAP) throw fail(`no tag ends within ${LONGEST_GAP} characters.`)
  }
  parser.close()
  return reading.finish()
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

interface Key {
  readonly name: string
  fallback?: string
}

/** What the elements say, one after another. */
function graphReading(where: string, signed: SignedWeights) {
  const nodes = nodeTable(where)
  const names: (string | undefined)[] = []
  const edges = edgeCollector('list', signed, where)
  const keys: Record<Scope, Map<string, Key>> = { node: new Map(), edge: new Map() }
  const declared: boolean[] = []
  let element: { scope: Scope; ends: readonly number[]; data: Record<string, string> } | undefined
  let key: Key | undefined
  let dataKey: string | undefined
  let [graphs, weighted, edgeCount, directed] = [0, 0, 0, false]
  type Fail = (problem: string) => Error

  const nodeOf = (id: string | undefined, fail: Fail) => {
    if (id === undefined) throw fail('a node or an end of an edge has no id.')
    const index = nodes.index(id)
    if (index === names.length) {
      names.push(id)
      declared.push(false)
    }
    return index
  }
  return {
    open({ name, attributes }: SaxesTagPlain, fail: Fail): void {
      const tag = localName(name)
      if (graphs === 0 && (tag === 'node' || tag === 'edge')) throw fail(`<${tag}> stands outside of a graph.`)
      if (tag === 'hyperedge' || (tag === 'graph' && element))
        throw new UnsupportedError(
          'unsupported.graphml',
          `${where} has ${tag === 'graph' ? 'graphs within nodes' : 'edges of more than two ends'}; write it as a plain graph of nodes and edges.`,
        )
      if (tag === 'graph') {
        if (++graphs > 1)
          throw new UnsupportedError('unsupported.graphml', `${where} has several graphs; write one a file.`)
        directed = attributes.edgedefault === 'directed'
      } else if (tag === 'key') {
        key = { name: (attributes['attr.name'] ?? attributes.id ?? '').toLowerCase() }
        const scopes = SCOPES.filter(scope => [scope, 'all', undefined].includes(attributes.for))
        for (const scope of scopes) keys[scope].set(attributes.id ?? '', key)
      } else if (tag === 'node') {
        const index = nodeOf(attributes.id, fail)
        if (declared[index]) throw fail(`two nodes have the id "${attributes.id}".`)
        declared[index] = true
        element = { scope: 'node', ends: [index], data: {} }
      } else if (tag === 'edge') {
        if (attributes.directed === 'true') directed = true
        const ends = [nodeOf(attributes.source, fail), nodeOf(attributes.target, fail)]
        element = { scope: 'edge', ends, data: {} }
      } else if (tag === 'data') dataKey = attributes.key
    },
    close(tag: string, text: string, fail: Fail, place: () => string): void {
      if (tag === 'default' && key) key.fallback = text.trim()
      else if (tag === 'key') key = undefined
      else if (tag === 'data' && element && dataKey !== undefined) {
        const known = keys[element.scope].get(dataKey)
        if (known) element.data[known.name] = text.trim()
        dataKey = undefined
      } else if ((tag === 'node' || tag === 'edge') && element?.scope === tag) {
        const { ends, data } = element
        element = undefined
        const facts = new Map<string, string>()
        for (const { name, fallback } of keys[tag].values()) if (fallback !== undefined) facts.set(name, fallback)
        for (const [name, value] of Object.entries(data)) facts.set(name, value)
        if (tag === 'node') {
          names[ends[0]] = facts.get('name') || facts.get('label') || names[ends[0]]
          const layer = facts.get('layer')
          if (layer !== undefined)
            nodes.place(ends[0], layer, { role: roleOf(facts.get('role')), kind: kindOf(facts.get('kind')) })
          return
        }
        edgeCount++
        const weight = facts.get('weight')
        if (weight !== undefined) weighted++
        if (weight === '' || Number.isNaN(Number(weight ?? 1))) throw fail(`"${weight}" is no weight of an edge.`)
        edges.add(ends[0], ends[1], Number(weight ?? 1), place)
      }
    },
    finish(): GraphFile {
      if (graphs === 0) throw new FormatError('format.graphml', `${where} holds no <graph> element; it is no GraphML.`)
      const stray = declared.indexOf(false)
      if (stray >= 0)
        throw new FormatError('format.graphml', `${where}: an edge ends at "${names[stray]}", which is no node.`)
      const found = graphOf('graphml', where, nodes, names as string[], edges)
      const notes = [
        directed ? 'The directions of edges do not count.' : '',
        weighted < edgeCount ? `Edges without a weight count 1: ${edgeCount - weighted} of ${edgeCount}.` : '',
      ]
      return { ...found, notes: [...found.notes, ...notes.filter(Boolean)] }
    },
  }
}

function roleOf(text: string | undefined) {
  return text === 'input' || text === 'hidden' || text === 'output' ? text : undefined
}

function kindOf(text: string | undefined) {
  return text === 'neuron' || text === 'channel' || text === 'head' ? text : undefined
}
