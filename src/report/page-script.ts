/**
 * The report's script: theme switch, highlighting a module everywhere, and a line that tells what the pointer or the
 * arrow keys are on. The page is complete without it.
 */
export const PAGE_SCRIPT = `(() => {
const root = document.documentElement, main = document.querySelector('main')
const store = (read, value) => { try { return read ? localStorage.getItem('lobes-theme') : localStorage.setItem('lobes-theme', value) } catch { return null } }
const saved = store(true)
if (saved) root.dataset.theme = saved
document.getElementById('theme').addEventListener('click', () => {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  root.dataset.theme = dark ? 'light' : 'dark'
  store(false, root.dataset.theme)
})
let pinned
const show = module => { if (module === undefined) delete main.dataset.focus; else main.dataset.focus = module }
const moduleOf = target => {
  const value = target.closest?.('[data-m]')?.dataset.m
  return value === undefined || value === '-1' || value.includes(' ') ? undefined : value
}
const say = target => {
  const line = target.closest?.('figure')?.querySelector('output')
  const title = target.querySelector?.(':scope > title')
  if (line && title) line.textContent = title.textContent
}
main.addEventListener('pointerover', event => { say(event.target); show(moduleOf(event.target) ?? pinned) })
main.addEventListener('pointerleave', () => show(pinned))
main.addEventListener('focusin', event => show(moduleOf(event.target) ?? pinned))
for (const button of document.querySelectorAll('nav.modules button'))
  button.addEventListener('click', () => {
    pinned = pinned === button.dataset.m ? undefined : button.dataset.m
    for (const other of document.querySelectorAll('nav.modules button'))
      other.setAttribute('aria-pressed', String(other.dataset.m === pinned))
    show(pinned)
  })
addEventListener('keydown', event => { if (event.key === 'Escape' && pinned !== undefined) document.querySelector('nav.modules [aria-pressed=true]').click() })
const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
for (const figure of document.querySelectorAll('figure')) {
  const nodes = new Map([...figure.querySelectorAll('.node')].map(node => [node.dataset.at, node]))
  if (nodes.size === 0) continue
  let at
  figure.addEventListener('keydown', event => {
    const step = steps[event.key]
    if (!step || event.target.closest('details')) return
    event.preventDefault()
    let next = at ? at.dataset.at.split(' ').map(Number) : undefined
    let node = at ? undefined : nodes.values().next().value
    for (let tries = 0; next && !node && tries < 99; tries++) {
      next = [next[0] + step[0], next[1] + step[1]]
      node = nodes.get(next.join(' '))
    }
    if (!node) return
    at?.classList.remove('here')
    at = node
    node.classList.add('here')
    node.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    say(node)
    show(node.dataset.m)
  })
}
})()`
