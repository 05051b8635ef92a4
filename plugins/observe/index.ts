import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import pino, { type Logger } from 'pino'
import type { Exchange } from '../../src/contract/exchange.ts'
import { type AccessLog, compileAccessLog, logLevel } from '../../src/observe/access-log.ts'
import { createLineSink, type LineSink } from '../../src/observe/line-sink.ts'
import { standardSink } from '../../src/observe/standard-sink.ts'
import kernel from '../kernel/index.ts'
import { type ObserveOptions, readObserveOptions } from './options.ts'

export type { ObserveOptions } from './options.ts'

/** Writes one line for each exchange of this scope, when all of it is over. */
async function observe(app: FastifyInstance, options: ObserveOptions): Promise<void> {
  const settings = readObserveOptions(options)
  if (!app.hasDecorator('proxy')) await app.register(kernel)
  if (settings.accessLog === false) return

  const { accessLog, destination, logger, maxPending, redactQuery, skip } = settings
  const { clock } = app.proxy
  const format = compileAccessLog(accessLog, { redactQuery, wall: () => clock.wall() })
  const onDrop = settings.onDrop ?? ((dropped) => app.log.warn({ dropped }, 'lines of the access log were dropped'))
  const sinkSettings = { maxPending, onDrop, clock }

  let write: (exchange: Exchange) => void
  if (logger !== undefined) {
    write = jsonWriter(format, logger)
  } else {
    const sink = destination === undefined ? standardSink(1, sinkSettings) : createLineSink(destination, sinkSettings)
    // Runs after the drain: what was in flight is in the log.
    app.addHook('onClose', () => sink.close())
    write = accessLog === 'json' ? jsonWriter(format, pino({ base: null }, sink)) : textWriter(format, sink)
  }

  let complained = false
  app.proxy.onSettle(function accessLog(exchange) {
    try {
      if (skip?.(exchange) !== true) write(exchange)
    } catch (error) {
      // A log that fails must not take the process with it; one complaint is enough.
      if (!complained) app.log.error(error, 'the access log failed')
      complained = true
    }
  })
}

function jsonWriter(format: AccessLog, logger: Logger): (exchange: Exchange) => void {
  return function writeJson(exchange) {
    logger[logLevel(exchange)](format(exchange) as object, 'exchange')
  }
}

function textWriter(format: AccessLog, sink: LineSink): (exchange: Exchange) => void {
  return function writeText(exchange) {
    sink.write(`${format(exchange) as string}\n`)
  }
}

export default fp(observe, { name: 'sallyport-observe', fastify: '5.x' })
