/** The report of a sculpted task: the hierarchy, the planted one beside it, how many seeds agree, every seed's numbers. */
import type { SculptedTask } from '../../sculpt/sculpt-task.ts'
import { dataTable } from '../figures/figure.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, percentText } from '../number-text.ts'
import { figureSection, moduleButtons, pageSection, renderPage } from '../page.ts'
import { hierarchyFigure, moduleText } from './hierarchy-figure.ts'
import { plantedFigure } from './planted-figure.ts'
import { productsFigure } from './products-figure.ts'

export interface SculptingAbout {
  readonly version: string
  /** The command line that makes it again. */
  readonly command?: string
}

/** The same task gives the same bytes. */
export function renderSculpting(task: SculptedTask, { version, command }: SculptingAbout): string {
  const { hierarchy, seeds, agreeing, planted } = task
  const count = hierarchy.modules.length
  const solved = seeds.filter(seed => seed.solved).length
  const found = plantedFigure(task)
  const products = productsFigure(task)
  const { text, detail, tone } = sculptingHeadline(task)
  const facts: (readonly [string, string, string])[] = [
    ['Modules', countText(count), `in ${amountText(hierarchy.levels, 'level')}`],
    [
      'Task solved',
      `${solved} / ${seeds.length}`,
      `seeds with ${percentText(task.settings.threshold ?? 1)} of bits right`,
    ],
    ['Agreement', `${agreeing} / ${Math.max(1, solved)}`, 'seeds with this hierarchy'],
  ]
  if (planted) facts.push(['Recovered', percentText(planted.success.chosen), 'of seeds, exactly as planted'])
  return renderPage({
    title: `${text}: ${task.task}`,
    kind: 'sculpting of',
    subject: task.task,
    version,
    modules: count,
    footer: 'Modules are read from which edges pruning left; weights and signs play no part in finding them.',
    content: markup`<div class="verdict ${tone}"><h1>${text}</h1><p>${detail}</p></div>
<dl class="key">${facts.map(([name, value, note]) => markup`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`)}</dl>
${count > 1 && moduleButtons(count)}
${figureSection(hierarchyFigure(task))}
${found && figureSection(found)}
${wordsSection(task)}
${products && figureSection(products)}
${seedsSection(task)}
${repeatSection(task, command)}`,
  })
}

export function sculptingHeadline({ hierarchy, seeds, agreeing, task, settings }: SculptedTask) {
  const solved = seeds.filter(seed => seed.solved).length
  const count = hierarchy.modules.length
  if (solved === 0) {
    const best = Math.max(...seeds.map(({ accuracy }) => accuracy))
    return {
      text: 'No network solves the task',
      detail: `None of ${amountText(seeds.length, 'seed')} reached ${percentText(settings.threshold ?? 1)} of the bits of ${task}; the best has ${percentText(best)}. What follows is the best network so far: train longer, or take wider layers.`,
      tone: 'bad',
    }
  }
  return {
    text: count === 1 ? 'One module' : `${countText(count)} modules in ${amountText(hierarchy.levels, 'level')}`,
    detail: `${agreeing} of ${amountText(solved, 'seed')} that solve ${task} have this hierarchy.`,
    tone: agreeing * 2 > solved ? 'good' : '',
  }
}

function wordsSection(task: SculptedTask): Markup {
  return pageSection(
    'modules',
    'The modules in words',
    markup`<ul>${task.hierarchy.modules.map(({ id }) => markup`<li data-m="${id}">${moduleText(task, id)}</li>`)}</ul>`,
  )
}

function seedsSection({ seeds, planted }: SculptedTask): Markup {
  const head = [
    'Seed',
    'Bits right',
    'Pruned',
    'Edges',
    'Units',
    'Modules',
    'Functions',
    'Ties',
    ...(planted ? ['As planted', 'Ties as planted'] : []),
  ]
  const rows = seeds.map(({ seed, accuracy, sparsity, edges, units, modules, apart, tied, score, tiedExact }) => [
    String(seed),
    percentText(accuracy),
    percentText(sparsity),
    countText(edges),
    units.join('-'),
    countText(modules),
    apart ? 'apart' : 'together',
    countText(tied),
    ...(score
      ? [
          score.exact
            ? 'yes'
            : `no (inputs ${score.inputsRight ? 'right' : 'wrong'}, outputs ${score.outputsRight ? 'right' : 'wrong'})`,
          `${tiedExact} of ${tied}`,
        ]
      : []),
  ])
  const success = planted && [
    ['The network that counts', planted.success.chosen],
    ['The luckiest of those of equal cost', planted.success.luckiest],
    ['A random one of them', planted.success.random],
    ['All of them', planted.success.all],
  ]
  return pageSection(
    'seeds',
    'Seed by seed',
    markup`${
      success &&
      dataTable(
        'Seeds whose hierarchy is exactly the planted one, by',
        ['Which network', 'Share'],
        success.map(([name, share]) => [String(name), percentText(Number(share))]),
      )
    }${dataTable('Every seed', head, rows)}`,
  )
}

function repeatSection({ settings, hash }: SculptedTask, command: string | undefined): Markup {
  return pageSection(
    'repeat',
    'How to repeat it',
    markup`${command && markup`<pre tabindex="0"><code>${command}</code></pre>`}<p>The same task, options and seeds give the same hash on every machine: ${hash}</p><div class="words">${dataTable(
      'Every parameter',
      ['Parameter', 'Value'],
      Object.entries(settings).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    )}</div>`,
  )
}
