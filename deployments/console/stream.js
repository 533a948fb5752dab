// The API as the page uses it: what the demonstration gives, and a turn as a stream of events.

/** The API's error: `type`, `message` (what to do), `requestId`, `retryAfterS`; and two that only a client sees. */
export class ApiError extends Error {
  constructor({ type, message, request_id = null, retry_after_s = null }, status = 0) {
    super(message)
    this.type = type
    this.status = status
    this.requestId = request_id
    this.retryAfterS = retry_after_s
  }
}

/** The page's key and customers. ApiError with status 404 or 403 where the page must ask for a key. */
export async function demonstration() {
  const response = await send('/demo', {})
  return response.json()
}

/** One turn's events as [name, data]. Ends after `done`; an `error` event, and a stream that just ends, are thrown. */
export async function* turn(body, { key, token }, signal) {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` }
  if (token) headers['X-Customer-Token'] = token
  const request = { method: 'POST', headers, body: JSON.stringify({ ...body, stream: true }), signal }
  const response = await send('/v1/chat', request)
  for await (const [name, data] of events(response.body)) {
    if (name === 'error') throw new ApiError(data, response.status)
    yield [name, data]
    if (name === 'done') return
  }
  throw new ApiError({ type: 'interrupted', message: '', retry_after_s: 0 })
}

async function send(path, request) {
  let response
  try {
    response = await fetch(path, { ...request, credentials: 'omit', cache: 'no-store' })
  } catch (error) {
    throw lost(error, 'unreachable')
  }
  if (response.ok) return response
  const told = await response.json().catch(() => null)
  throw new ApiError(
    told?.type ? told : { type: 'other', message: `HTTP ${response.status}`, retry_after_s: 1 },
    response.status,
  )
}

async function* events(bytes) {
  const reader = bytes.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error) => {
        throw lost(error, 'interrupted')
      })
      if (done) return
      buffer = (buffer + value).replaceAll('\r\n', '\n')
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const event = parse(buffer.slice(0, end))
        buffer = buffer.slice(end + 2)
        if (event) yield event
      }
    }
  } finally {
    // Closing tells the server that nobody reads on, so that it stops computing.
    await reader.cancel().catch(() => {})
  }
}

function parse(block) {
  let name = 'message'
  const data = []
  for (const line of block.split('\n')) {
    const [field, rest] = [line.slice(0, Math.max(line.indexOf(':'), 0)), line.slice(line.indexOf(':') + 1)]
    const value = rest.startsWith(' ') ? rest.slice(1) : rest
    if (field === 'event') name = value
    else if (field === 'data') data.push(value)
  }
  return data.length ? [name, JSON.parse(data.join('\n'))] : null
}

function lost(error, type) {
  return error.name === 'AbortError' ? error : new ApiError({ type, message: '', retry_after_s: 0 })
}
