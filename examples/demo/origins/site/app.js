const element = (id) => document.getElementById(id)
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const tally = new Map()
let answered = 0
let failed = 0

async function askForever() {
  for (;;) {
    const begun = performance.now()
    try {
      const response = await fetch('/api/whoami')
      if (!response.ok) throw new Error(String(response.status))
      const { instance } = await response.json()
      tally.set(instance, (tally.get(instance) ?? 0) + 1)
      element('answered').value = ++answered
      element('latency').value = `${(performance.now() - begun).toFixed(1)} ms`
      flash(instance)
    } catch {
      element('failed').value = ++failed
    }
    await later(500)
  }
}

async function showInstances() {
  const response = await fetch('/demo/instances')
  const instances = await response.json()
  element('instances').replaceChildren(...instances.map(card))
}

function card({ name, pid, health, state }) {
  const item = document.createElement('li')
  item.dataset.name = name
  const well = health === 'up' && state === 'ready'
  item.className = well ? '' : 'down'
  const title = document.createElement('span')
  title.textContent = well ? name : `${name} (${pid === undefined ? 'dead' : state === 'ready' ? health : state})`
  const count = document.createElement('b')
  count.textContent = String(tally.get(name) ?? 0)
  const buttons = [pid === undefined ? 'dead' : 'kill', state === 'ready' ? 'drain' : 'ready'].map((action) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = action
    button.disabled = action === 'dead'
    button.addEventListener('click', async () => {
      await fetch(`/demo/instances/${name}/${action}`, { method: 'POST' })
      await showInstances()
    })
    return button
  })
  item.append(title, count, ...buttons)
  return item
}

function flash(name) {
  const item = document.querySelector(`[data-name="${CSS.escape(name)}"]`)
  if (item === null) return
  item.querySelector('b').textContent = String(tally.get(name))
  item.classList.add('hit')
  requestAnimationFrame(() => setTimeout(() => item.classList.remove('hit'), 60))
}

function listen() {
  const events = new EventSource('/live/events')
  events.addEventListener('open', () => {
    element('tick-state').value = 'open'
  })
  events.addEventListener('error', () => {
    element('tick-state').value = 'lost, connecting again'
  })
  events.addEventListener('tick', ({ data }) => {
    element('tick').value = JSON.parse(data).count
  })
}

const echoes = []

function echo() {
  const socket = new WebSocket(new URL('/live/echo', location.href.replace(/^http/, 'ws')))
  let timer
  socket.addEventListener('open', () => {
    element('echo-state').value = 'open'
    timer = setInterval(() => socket.send(String(performance.now())), 500)
  })
  socket.addEventListener('message', ({ data }) => {
    const took = performance.now() - Number(data)
    element('echo').value = `${took.toFixed(1)} ms`
    draw(took)
  })
  socket.addEventListener('close', () => {
    clearInterval(timer)
    element('echo-state').value = 'lost, connecting again'
    setTimeout(echo, 1000)
  })
}

function draw(took) {
  if (echoes.push(took) > 60) echoes.shift()
  const top = Math.max(...echoes, 1)
  const points = echoes.map((value, index) => `${index * 2},${23 - (value / top) * 22}`)
  document.querySelector('#echoes polyline').setAttribute('points', points.join(' '))
}

for (const button of document.querySelectorAll('[data-try]')) {
  button.addEventListener('click', async () => {
    const begun = performance.now()
    const outcome = element('outcome')
    outcome.textContent = '…'
    try {
      const response = await fetch(button.dataset.try, { headers: { accept: 'application/json' } })
      const lines = [`${response.status} ${response.statusText}`]
      const status = response.headers.get('proxy-status')
      if (status !== null) lines.push(`Proxy-Status: ${status}`)
      lines.push('', await response.text(), `(${(performance.now() - begun).toFixed(0)} ms)`)
      outcome.textContent = lines.join('\n')
    } catch (error) {
      outcome.textContent = `The answer broke off, and the browser was told so: ${error.message}`
    }
  })
}

await showInstances()
setInterval(showInstances, 1000)
listen()
echo()
askForever()
