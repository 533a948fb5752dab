// One answer on the page: its text as it streams, cards, sources, and how it came about.
import { make, moment, money, nameOf, percent, say, speak } from './text.js'

const STEPS = ['placed', 'paid', 'packed', 'shipped', 'delivered']
// How many steps an order in that state has behind it. Other states are no step on the way.
const REACHED = { pending_payment: 1, paid: 2, packed: 3, shipped: 4, delivered: 5 }
// What the ladder says of a rung that did not answer, in the page's words; what no row knows is shown as it is.
const REASONS = [
  [/^(\w+): not measured for /, 'unmeasured'],
  [/^(\w+): measured ([\d.]+) below ([\d.]+) /, 'below'],
  [/^(\w+): unavailable$/, 'unavailable'],
  [/^(\w+): a sentence with an? .* was kept back$/, 'unchecked'],
  [/^(\w+): (?:deadline|no first token in time)$/, 'deadline'],
]
// The same for what is wrong with a message; the service says it in English alone.
const PROBLEMS = [
  [/ is (\d+) characters; the limit is (\d+)/, 'tooLong'],
  [/ holds no words/, 'noWords'],
]
let answers = 0

/** An answer under way. `element` goes into the log; the methods are named after the stream's events. */
export class Answer {
  #text = make('div', 'text')
  #orders = make('div', 'orders')
  #goods = make('div', 'goods')
  #sources = make('section', 'sources')
  #replies = make('div', 'replies')
  #chips = make('ul', 'chips')
  #number = ++answers

  /** `reply` sends one of the messages that the answer offers. */
  constructor(reply) {
    this.reply = reply
    const dots = make('span', 'dots', make('i'), make('i'), make('i'))
    dots.setAttribute('aria-hidden', 'true')
    this.#text.append(
      make(
        'span',
        'waiting',
        dots,
        phrase('span', () => say('thinking')),
      ),
    )
    this.element = make(
      'article',
      'answer',
      this.#text,
      this.#orders,
      this.#goods,
      this.#replies,
      this.#sources,
      this.#chips,
    )
    this.element.setAttribute('aria-busy', 'true')
    speak(this.element, () => say('answer'), 'aria-label')
  }

  meta({ intent, probability, decision }) {
    this.#chip('intent', intent, () => `${nameOf('intents', intent)} ${percent(probability)}`)
    if (decision !== 'route') this.#chip('decision', decision, () => nameOf('decisions', decision))
  }

  rung({ rung }) {
    this.#chip('rung', rung, () => nameOf('rungs', rung))
  }

  delta({ text }) {
    if (this.#isWaiting()) this.#text.replaceChildren()
    this.element.classList.add('streaming')
    this.#text.append(text)
  }

  card(card) {
    if (card.type === 'order') this.#orders.append(orderCard(card))
    if (card.type === 'product') this.#goods.append(productCard(card))
  }

  done(reply) {
    this.#settle()
    this.#text.lang = reply.language === 'zh' ? 'zh-CN' : 'en'
    this.#text.replaceChildren(...cited(reply.answer, reply.citations, this.#number))
    this.meta(reply)
    this.rung(reply)
    this.#chip('outcome', reply.outcome, () => nameOf('outcomes', reply.outcome))
    if (reply.segment)
      this.#chip('segment', reply.segment, () => say('segment', nameOf('segments', reply.segment)))
    if (reply.handed_off)
      this.#chip('handoff', reply.queue, () => say('handedOff', nameOf('queues', reply.queue)))
    for (const part of reply.missing) this.#chip('missing', part, () => say('missing', troubleOf(part)))
    for (const offer of reply.recommendations) this.#offer(offer)
    this.#replies.append(...reply.replies.map((text) => this.#replyButton(text)))
    if (reply.citations.length) this.#sources.append(...sources(reply.citations, this.#number))
    this.element.append(origin(reply))
  }

  stopped() {
    this.#settle()
    this.#chip('stopped', 'stopped', () => say('stopped'))
  }

  failed(error, ...actions) {
    this.#settle()
    this.element.classList.add('failed')
    this.element.append(problem(error, actions))
  }

  #isWaiting() {
    return this.#text.querySelector('.waiting') !== null
  }

  #settle() {
    if (this.#isWaiting()) this.#text.replaceChildren()
    this.element.classList.remove('streaming')
    this.element.setAttribute('aria-busy', 'false')
  }

  /** Say it in the chip of that kind; only of `missing` there may be several. */
  #chip(kind, value, text) {
    let chip = kind === 'missing' ? null : this.#chips.querySelector(`[data-chip="${kind}"]`)
    if (!chip) this.#chips.append((chip = make('li', 'chip')))
    chip.dataset.chip = kind
    chip.dataset.value = value
    speak(chip, text)
  }

  #replyButton(text) {
    const button = make('button', 'reply', text)
    button.type = 'button'
    button.addEventListener('click', () => this.reply(text))
    return button
  }

  /** Something else was said: what was offered is over. */
  closed() {
    this.#replies.replaceChildren()
  }

  /** Its reason goes under the product's card, where the answer showed one. */
  #offer(offer) {
    let card = [...this.#goods.children].find((shown) => shown.dataset.product === offer.product_id)
    if (!card) this.#goods.append((card = productCard(offer)))
    card.dataset.basis = offer.basis
    if (offer.reason) card.append(make('p', 'reason', offer.reason))
  }
}

/** The answer's text, each quote marked and numbered after its source. */
function cited(answer, citations, number) {
  const nodes = []
  let from = 0
  const found = citations.map(({ quote }, index) => ({ at: answer.indexOf(quote), quote, index }))
  for (const { at, quote, index } of found.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)) {
    if (at < from) continue
    const link = make('a', '', String(index + 1))
    link.href = `#source-${number}-${index}`
    speak(link, () => say('sourceNumber', index + 1), 'aria-label')
    nodes.push(answer.slice(from, at), make('mark', '', quote), make('sup', '', link))
    from = at + quote.length
  }
  return [...nodes, answer.slice(from)]
}

function sources(citations, number) {
  const shown = citations.map(({ id, title, quote }, index) => {
    const source = make('li', '', make('cite', '', title), make('q', '', quote), make('code', '', id))
    source.id = `source-${number}-${index}`
    return source
  })
  return [phrase('h3', () => say('sources')), make('ol', '', ...shown)]
}

function orderCard(order) {
  const card = make('section', 'card order')
  card.dataset.card = 'order'
  card.dataset.order = order.order_id
  const state = make('span', `state state-${order.state}`, order.state_text)
  card.append(make('header', '', make('h3', '', order.order_id), state))
  if (REACHED[order.state]) card.append(steps(REACHED[order.state]))
  card.append(make('ul', 'lines', ...order.lines.map((line) => orderLine(line, order.currency))))
  const facts = [
    ['total', () => money(order.total_minor, order.currency)],
    order.placed_at && ['placed', () => moment(order.placed_at)],
    order.carrier && ['carrier', () => order.carrier],
    order.tracking_number && ['tracking', () => order.tracking_number],
    order.delivered_at
      ? ['delivered', () => moment(order.delivered_at)]
      : order.expected_at && ['expected', () => moment(order.expected_at)],
  ]
  card.append(rows(facts.filter(Boolean)))
  return card
}

function steps(reached) {
  const items = STEPS.map((step, index) => {
    const item = phrase('li', () => nameOf('steps', step))
    item.classList.toggle('reached', index < reached)
    if (index === reached - 1) item.setAttribute('aria-current', 'step')
    return item
  })
  return make('ol', 'steps', ...items)
}

function orderLine(line, currency) {
  const name = make('span', 'name', line.name, variant(line))
  const count = make('span', 'count', `× ${line.quantity}`)
  return make(
    'li',
    '',
    name,
    count,
    phrase('span', () => money(line.unit_price_minor, currency), 'price'),
  )
}

function productCard(product) {
  const card = make('section', 'card product')
  card.dataset.card = 'product'
  card.dataset.product = product.product_id
  card.append(make('h3', '', product.name))
  if (product.colour || product.size) card.append(make('p', 'variant', variant(product)))
  const price = phrase('span', () => money(product.price_minor, product.currency), 'price')
  const stock =
    'in_stock' in product
      ? phrase('span', () => say(product.in_stock ? 'inStock' : 'outOfStock'), 'stock')
      : null
  stock?.classList.toggle('gone', !product.in_stock)
  card.append(make('p', 'offer', price, stock))
  return card
}

function variant({ colour, size }) {
  const words = () => [colour && nameOf('colours', colour), size].filter(Boolean).join(' · ')
  return colour || size ? phrase('small', words) : null
}

/** How the answer came about: what was understood, which rung answered and why no higher one, where the time went. */
function origin(reply) {
  const reasons = reply.rung_reasons.map((reason) => phrase('li', () => reasonOf(reason)))
  const meaning = phrase('p', () => say('rungMeaning')[reply.rung])
  const facts = [
    ['reading', () => say('readAs', nameOf('intents', reply.intent), percent(reply.probability))],
    ['sentiment', () => nameOf('sentiments', reply.sentiment.label)],
    ['answeredBy', meaning],
    reasons.length ? ['notUsed', make('ul', '', ...reasons)] : null,
    ['time', timings(reply.timings_ms)],
    ['requestId', make('code', '', reply.request_id)],
    ['conversationId', make('code', '', reply.conversation_id)],
  ]
  return make(
    'details',
    'origin',
    phrase('summary', () => say('why')),
    rows(facts.filter(Boolean)),
  )
}

function reasonOf(reason) {
  const [name, [rung, ...figures]] = read(REASONS, reason)
  return name ? say('reasons')[name](nameOf('rungs', rung), ...figures) : reason
}

/** The first row whose pattern fits: its name, and what the pattern took out of the text. */
function read(table, text) {
  for (const [pattern, name] of table) {
    const found = pattern.exec(text)
    if (found) return [name, found.slice(1)]
  }
  return [null, []]
}

function timings(timingsMs) {
  const most = Math.max(...Object.values(timingsMs), 1)
  const lines = Object.entries(timingsMs).map(([stage, ms]) => {
    const bar = make('i', 'bar')
    bar.style.inlineSize = `${Math.max(1, (60 * ms) / most)}%`
    const time = phrase('span', () => say('milliseconds', ms < 10 ? ms.toFixed(1) : Math.round(ms)))
    return make(
      'li',
      '',
      phrase('span', () => nameOf('stages', stage)),
      make('span', 'track', bar, time),
    )
  })
  return make('ul', 'timings', ...lines)
}

/** `segmentation: unavailable` in the page's words. */
function troubleOf(part) {
  const [stage, reason] = part.split(': ')
  return `${nameOf('stages', stage)} (${nameOf('troubles', reason ?? 'failed')})`
}

/** What went wrong and what to do: in the page's words, then in the service's own, then the buttons. */
function problem(error, actions) {
  const words = () => say('errors')[error.type] ?? say('errors').other
  const [known, figures] = read(PROBLEMS, error.message)
  const advice = () => (known ? say('problems')[known](...figures) : words()[1])
  const notice = make(
    'div',
    'problem',
    phrase('h3', () => words()[0]),
    phrase('p', advice),
  )
  notice.setAttribute('role', 'alert')
  notice.dataset.type = error.type
  if (error.message && !known) notice.append(make('p', 'detail', error.message))
  if (error.requestId)
    notice.append(
      make(
        'p',
        'detail',
        phrase('span', () => `${say('requestId')} `),
        make('code', '', error.requestId),
      ),
    )
  if (actions.length) notice.append(make('p', 'actions', ...actions))
  return notice
}

/** A description list of [word, text or element]. */
function rows(facts) {
  const pairs = facts.map(([word, told]) => {
    const value = typeof told === 'function' ? phrase('dd', told) : make('dd', '', told)
    return make(
      'div',
      '',
      phrase('dt', () => say(word)),
      value,
    )
  })
  return make('dl', '', ...pairs)
}

function phrase(tag, text, className = '') {
  return speak(make(tag, className), text)
}
