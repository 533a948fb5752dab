// Elements made of text alone: nothing on this page reads data as HTML. What the page itself says is said again when its
// language changes.
import { WORDS } from './words.js'

const REMEMBERED = 'kefu.language'
const spoken = new Map()
let current = 'zh'

/** An element with children; a string becomes a text node. */
export function make(tag, className, ...children) {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.append(...children.filter((child) => child !== null))
  return element
}

/** A word of the page; an argument fills in what varies. */
export function say(key, ...details) {
  const word = WORDS[current][key]
  return typeof word === 'function' ? word(...details) : word
}

/** The page's name for a value of the API; a value that it does not know stays as it is. */
export function nameOf(group, value) {
  return WORDS[current][group][value] ?? String(value).replaceAll('_', ' ')
}

/** Let the element say `text()`, now and in each language to come: as its text, or in an attribute. */
export function speak(element, text, attribute = 'textContent') {
  const parts = spoken.get(element) ?? new Map()
  spoken.set(element, parts.set(attribute, text))
  apply(element, attribute, text)
  return element
}

export function language() {
  return current
}

/** The remembered language, else the browser's. */
export function preferredLanguage() {
  const remembered = read()
  return remembered === 'zh' || remembered === 'en'
    ? remembered
    : navigator.language.toLowerCase().startsWith('zh')
      ? 'zh'
      : 'en'
}

export function setLanguage(chosen) {
  current = chosen
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en'
  for (const [element, parts] of spoken) {
    if (!element.isConnected) spoken.delete(element)
    else for (const [attribute, text] of parts) apply(element, attribute, text)
  }
}

export function rememberLanguage(chosen) {
  try {
    localStorage.setItem(REMEMBERED, chosen)
  } catch {
    // A browser that keeps nothing: the choice holds until the page is closed.
  }
}

export function money(minor, currency) {
  const tongue = current === 'zh' ? 'zh-CN' : 'en-GB'
  // A bare ¥ in English could be yen.
  const currencyDisplay = current === 'en' && currency === 'CNY' ? 'code' : 'symbol'
  const format = new Intl.NumberFormat(tongue, { style: 'currency', currency, currencyDisplay })
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits)
}

/** A time as the clock on the shop's wall shows it: the ISO text already has the shop's own offset. */
export function moment(iso) {
  const wall = new Date(`${iso.slice(0, 19)}Z`)
  const shown = {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
    timeZone: 'UTC',
  }
  return new Intl.DateTimeFormat(current === 'zh' ? 'zh-CN' : 'en-GB', shown).format(wall)
}

export function percent(share) {
  return `${Math.round(share * 100)}%`
}

function apply(element, attribute, text) {
  if (attribute === 'textContent') element.textContent = text()
  else element.setAttribute(attribute, text())
}

function read() {
  try {
    return localStorage.getItem(REMEMBERED)
  } catch {
    return null
  }
}
