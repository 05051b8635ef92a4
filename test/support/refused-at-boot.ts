import assert from 'node:assert/strict'
import Fastify, { type FastifyInstance } from 'fastify'
import { OptionError } from '../../src/contract/options.ts'

type Plugin<Options> = (app: FastifyInstance, options: Options) => Promise<void>

/** An app with these options does not start; the error names the option and says what is right, and tells no secret. */
export async function refusedAtBoot<Options extends object>(
  plugin: Plugin<Options>,
  options: object,
  option: string,
  right: RegExp,
): Promise<void> {
  const app = Fastify()
  const booted = async (): Promise<void> => {
    await app.register(plugin, options as never)
    await app.ready()
  }
  try {
    await assert.rejects(booted, (error) => {
      assert.ok(error instanceof OptionError, String(error))
      assert.equal(error.option, option)
      assert.match(error.message, right)
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  } finally {
    await app.close()
  }
}
