// The chat page: who asks, what is asked, and the log of answers.
import { Answer } from './answer.js'
import { ApiError, demonstration, turn } from './stream.js'
import { language, make, preferredLanguage, rememberLanguage, say, setLanguage, speak } from './text.js'
import { EXAMPLES } from './words.js'

const KEPT_KEY = 'kefu.key'
const NEAR_PX = 80
const MARGIN_PX = 12
const START_AGAIN_MS = 1500
const EVENTS = new Set(['meta', 'rung', 'delta', 'card', 'done'])
const $ = (id) => document.getElementById(id)
const [log, composer, message, customers, keyForm] = [
  'log',
  'composer',
  'message',
  'customers',
  'key-form',
].map($)

/** `demo` is null where the page has a key of its own; `running` aborts the answer under way. */
const state = { demo: null, key: null, token: null, conversationId: null, running: null, answer: null }

start()

async function start() {
  setLanguage(preferredLanguage())
  for (const element of document.querySelectorAll('[data-word]'))
    speak(element, () => say(element.dataset.word))
  for (const element of document.querySelectorAll('[data-label]'))
    speak(element, () => say(element.dataset.label), 'aria-label')
  speak(message, () => say('placeholder'), 'placeholder')
  speak(document.querySelector('title'), () => say('title'))
  showLanguage()
  showExamples()
  listen()
  await enter()
}

function listen() {
  composer.addEventListener('submit', (event) => {
    event.preventDefault()
    if (state.running) state.running.abort()
    else ask(message.value)
  })
  message.addEventListener('keydown', (event) => {
    // While an input method composes, Enter takes its candidate; 229 is how older browsers say so.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    if (!state.running) ask(message.value)
  })
  message.addEventListener('input', fit)
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') state.running?.abort()
  })
  $('new').addEventListener('click', () => {
    forget()
    log.replaceChildren($('welcome'))
    $('welcome').hidden = false
    message.focus()
  })
  customers.addEventListener('change', () => {
    state.token = customers.value || null
    forget()
    if (log.querySelector('.question')) log.append(switched(customers.selectedOptions[0]))
  })
  for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => {
      rememberLanguage(button.dataset.language)
      setLanguage(button.dataset.language)
      showLanguage()
    })
  }
  keyForm.addEventListener('submit', (event) => {
    event.preventDefault()
    useKey($('key').value.trim(), $('token').value.trim())
  })
  $('forget-key').addEventListener('click', () => {
    keep(null)
    location.reload()
  })
}

function showLanguage() {
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language()))
  }
}

function showExamples() {
  for (const tongue of ['zh', 'en']) {
    const buttons = EXAMPLES[tongue].map((question) => {
      const button = make('button', 'example', question)
      button.type = 'button'
      button.disabled = true
      button.addEventListener('click', () => state.running || ask(question))
      return button
    })
    $(`examples-${tongue}`).append(...buttons)
  }
}

function isNarrow() {
  return matchMedia('(max-width: 859px)').matches
}

/** Get a key: the demonstration's, else one that was entered before in this tab, else ask for one. */
async function enter() {
  const kept = recall()
  if (kept) return useKey(kept.key, kept.token)
  try {
    await renew()
    $('identity').hidden = false
    ready()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 404 || error.status === 403) return askForKey(error.status)
    waitForStart(error)
  }
}

function waitForStart(error) {
  speak($('notice'), () =>
    error.type === 'unreachable' ? say('errors').unreachable.join('. ') : say('starting'),
  )
  $('notice').hidden = false
  setTimeout(enter, START_AGAIN_MS)
}

/** Take fresh keys of the demonstration, and keep who was chosen. */
async function renew() {
  const chosen = customers.selectedIndex
  state.demo = await demonstration()
  state.key = state.demo.key
  const options = state.demo.customers.map((customer) => {
    const option = new Option('', customer.token)
    option.dataset.customer = customer.id
    return speak(
      option,
      () => `${customer.name} · ${language() === 'zh' ? customer.about_zh : customer.about_en}`,
    )
  })
  customers.replaceChildren(
    ...options,
    speak(new Option('', ''), () => say('noCustomer')),
  )
  customers.selectedIndex = Math.max(chosen, 0)
  state.token = customers.value || null
}

function askForKey(status) {
  speak($('key-text'), () => say(status === 403 ? 'keyHost' : 'keyText'))
  asksForKey(true)
  $('key').focus()
}

function asksForKey(isAsking) {
  keyForm.hidden = !isAsking
  for (const part of [log, composer, $('side')]) part.hidden = isAsking
}

function useKey(key, token) {
  // Anything else can't stand in a header.
  const isValid = /^[\x21-\x7e]+$/.test(key) && /^[\x21-\x7e]*$/.test(token)
  $('key-problem').hidden = isValid
  if (!isValid) return
  keep({ key, token })
  Object.assign(state, { key, token: token || null, demo: null })
  asksForKey(false)
  $('forget-key').hidden = false
  ready()
}

function ready() {
  $('notice').hidden = true
  for (const waiting of document.querySelectorAll('#send, .example')) waiting.disabled = false
  if (!isNarrow()) message.focus()
}

/** Send a message and show its answer as it comes. */
async function ask(text) {
  if (!text.trim() || !state.key) return
  message.value = ''
  fit()
  $('welcome').hidden = true
  if (isNarrow()) $('side').open = false
  const answer = newAnswer()
  const question = make('p', 'question', text)
  speak(question, () => `${say('you')}: ${text}`, 'aria-label')
  log.append(question, answer.element)
  log.scrollTop = log.scrollHeight
  await run(text, answer)
}

/** What the answer before it offered can no longer be taken. */
function newAnswer() {
  state.answer?.closed()
  return (state.answer = new Answer((text) => state.running || ask(text)))
}

async function run(text, answer) {
  const running = (state.running = new AbortController())
  speak($('send'), () => say('stop'))
  composer.classList.add('running')
  try {
    await follow(text, answer, running.signal)
  } catch (error) {
    if (error.name === 'AbortError') answer.stopped()
    else if (error instanceof ApiError) fail(error, text, answer)
    else throw error
  } finally {
    if (state.running === running) state.running = null
    if (!state.running) {
      composer.classList.remove('running')
      speak($('send'), () => say('send'))
    }
  }
}

async function follow(text, answer, signal, isFresh = false) {
  const body = { message: text, ...(state.conversationId && { conversation_id: state.conversationId }) }
  try {
    for await (const [name, data] of turn(body, state, signal)) {
      const wasAtEnd = isAtEnd()
      if (EVENTS.has(name)) answer[name](data)
      if (name === 'done' && !signal.aborted) state.conversationId = data.conversation_id
      if (wasAtEnd) reveal(answer)
    }
  } catch (error) {
    // The demonstration's keys live for hours, a page for days: once, take new ones.
    if (error.status !== 401 || !state.demo || isFresh) throw error
    await renew()
    await follow(text, answer, signal, true)
  }
}

function fail(error, text, answer) {
  if (error.type === 'conversation_not_found') state.conversationId = null
  const edit = button(
    () => say('edit'),
    () => {
      message.value = text
      fit()
      message.focus()
    },
  )
  const again = error.retryAfterS === null ? [] : [retryButton(text, answer, error.retryAfterS)]
  const wasAtEnd = isAtEnd()
  answer.failed(error, ...again, edit)
  if (wasAtEnd) reveal(answer)
}

function isAtEnd() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX
}

/** Scroll down with the answer, until its question is at the top: the beginning is what is read first. */
function reveal(answer) {
  const question = answer.element.previousElementSibling ?? answer.element
  const most = question.offsetTop - MARGIN_PX
  log.scrollTop = Math.max(log.scrollTop, Math.min(most, log.scrollHeight - log.clientHeight))
}

/** A button that counts down until trying again can help. */
function retryButton(text, answer, afterS) {
  let left = Math.ceil(afterS)
  const retry = button(
    () => (left > 0 ? say('retryIn', left) : say('retry')),
    () => {
      if (state.running) return
      const next = newAnswer()
      answer.element.replaceWith(next.element)
      run(text, next)
    },
  )
  const tick = () => {
    retry.disabled = left > 0
    speak(retry, () => (left > 0 ? say('retryIn', left) : say('retry')))
    if (left-- > 0) setTimeout(tick, 1000)
  }
  tick()
  return retry
}

function button(text, act) {
  const made = speak(make('button', 'action'), text)
  made.type = 'button'
  made.addEventListener('click', act)
  return made
}

/** The next message begins a conversation of its own. */
function forget() {
  state.running?.abort()
  state.conversationId = null
}

function switched(option) {
  return speak(make('p', 'switched'), () => say('switched', option.textContent))
}

/** As tall as what is written, up to the style's limit. */
function fit() {
  message.style.blockSize = 'auto'
  message.style.blockSize = `${message.scrollHeight + 2}px`
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT_KEY))
  } catch {
    return null
  }
}

function keep(value) {
  try {
    if (value) sessionStorage.setItem(KEPT_KEY, JSON.stringify(value))
    else sessionStorage.removeItem(KEPT_KEY)
  } catch {
    // A browser that keeps nothing: the key holds until the page is left.
  }
}
