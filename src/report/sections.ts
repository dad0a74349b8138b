/** The parts of the page that are words and tables: key numbers, modules, what was left out, how to repeat and cite. */
import type { Analysis } from './analysis.ts'
import { BIBTEX } from './citation.ts'
import { dataTable } from './figures/figure.ts'
import { moduleMark } from './figures/module-mark.ts'
import { type Markup, markup } from './markup.ts'
import { amountText, countText, numberText, percentText } from './number-text.ts'
import { pageSection } from './page.ts'

export function keyNumbers({ partition, layers, verdict, stability }: Analysis): Markup {
  const kept = partition.labels.filter(label => label >= 0).length
  const worst = verdict.comparisons.filter(c => verdict.deciding.includes(c.null)).toSorted((a, b) => b.p - a.p)[0]
  const facts: (readonly [string, string, string])[] = [
    [
      'Units',
      countText(kept),
      `in ${amountText(layers.length, 'layer')}, ${countText(partition.labels.length - kept)} left out`,
    ],
    ['Modules', String(partition.k), 'k'],
    ['n-cut', numberText(partition.ncut, 4), `from 0 to ${partition.k}; random about ${Math.max(0, partition.k - 1)}`],
    ['Clusterability', numberText(verdict.clusterability), '1 − n-cut / (k − 1)'],
  ]
  if (worst) facts.push(['p', numberText(worst.p), `largest over deciding nulls, floor ${numberText(worst.pFloor)}`])
  if (stability.runs > 1)
    facts.push(['Stability', numberText(stability.meanAri), `adjusted Rand, ${stability.runs} runs`])
  return markup`<dl class="key">${facts.map(
    ([name, value, note]) => markup`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`,
  )}</dl>`
}

export function modulesSection({ partition, layers, stability }: Analysis): Markup {
  const rows = Array.from({ length: partition.k }, (_, module) => {
    const units = partition.labels.flatMap((label, unit) => (label === module ? [unit] : []))
    const confidence = units.reduce((sum, unit) => sum + stability.confidence[unit], 0) / Math.max(1, units.length)
    return [
      moduleMark(module),
      countText(units.length),
      countText(layers.filter(layer => layer.perModule[module] > 0).length),
      numberText(partition.ncutTerms[module], 4),
      stability.runs > 1 ? percentText(confidence) : '–',
    ]
  })
  const head = ['Module', 'Units', 'Layers', 'n-cut term', 'Confidence']
  return pageSection(
    'modules',
    'The modules',
    markup`<p>The n-cut term is the share of a module’s edge weight that leaves it; the terms add up to the n-cut, ${numberText(partition.ncut, 5)}. Edge weight inside modules per weight cut: ${numberText(partition.aveInOut)}.</p>${dataTable('Size and n-cut term of each module', head, rows)}`,
  )
}

export function leftOutSection({ partition, network }: Analysis): Markup {
  const removed = partition.removedBecause
  const words = (content: Markup) => markup`<div class="words">${content}</div>`
  return pageSection(
    'left-out',
    'What was left out',
    markup`${
      removed.length === 0
        ? markup`<p>Every unit took part.</p>`
        : words(
            dataTable(
              'Units left out',
              ['Layer', 'Units', 'Because'],
              removed.map(r => [r.layer, countText(r.count), r.rule]),
            ),
          )
    }${
      network.leftOut.length === 0
        ? network.operators.length > 0 && markup`<p>Every operator found its place in the unit graph.</p>`
        : words(
            dataTable(
              'Operators without a place in the unit graph',
              ['Operator', 'Type', 'Because'],
              network.leftOut.map(o => [o.name, o.type, o.reason]),
            ),
          )
    }${network.notes.length > 0 && markup`<h3>Notes</h3><ul>${network.notes.map(note => markup`<li>${note}</li>`)}</ul>`}`,
  )
}

export function repeatSection(analysis: Analysis): Markup {
  const { file, network, tool, parameters, command, hash } = analysis
  const facts: [string, string][] = [
    [
      'File',
      `${file.name}, ${countText(file.bytes)} bytes, ${file.format}${file.producer ? `, written by ${file.producer}` : ''}`,
    ],
    ...operatorFacts(network),
    ['Made with', `lobes ${tool.version}${tool.node ? `, Node ${tool.node}` : ''}`],
    ['Made on', analysis.createdAt],
    ['Hash of the numbers', hash],
  ]
  return pageSection(
    'repeat',
    'How to repeat it',
    markup`${command && markup`<pre tabindex="0"><code>${command}</code></pre>`}<p>The same file, options and seed give the same hash on every machine.</p><div class="words">${dataTable('This run', ['What', 'Value'], facts)}${dataTable(
      'Every parameter',
      ['Parameter', 'Value'],
      Object.entries(parameters).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : (JSON.stringify(value) ?? '–'),
      ]),
    )}</div>`,
  )
}

/** Nothing for a graph that came from no network. */
function operatorFacts({ operators, parameters }: Analysis['network']): [string, string][] {
  if (operators.length === 0) return []
  return [
    ['Operators', operators.map(({ type, count }) => `${countText(count)} × ${type}`).join(', ')],
    ['Weights in the file', countText(parameters)],
  ]
}

export function citeSection(): Markup {
  return pageSection('cite', 'How to cite', markup`<pre tabindex="0"><code>${BIBTEX}</code></pre>`)
}
