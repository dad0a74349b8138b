/** For tests: a graph file in memory, opened. */
import { memorySource } from '../../../src/formats/memory-source.ts'
import { type OpenGraphOptions, openGraphFile } from '../../../src/graph/files/open-graph.ts'

export function opened(name: string, content: string | Uint8Array<ArrayBuffer>, options?: OpenGraphOptions) {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return openGraphFile(memorySource(bytes, { name }), options)
}

/** GraphML of nodes a, b, c and what comes behind them. */
export function graphMl(body: string, head = ''): string {
  return `<?xml version="1.0"?>${head}
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="w" for="edge" attr.name="weight" attr.type="double"/>
<graph edgedefault="undirected"><node id="a"/><node id="b"/><node id="c"/>
${body}</graph></graphml>`
}
