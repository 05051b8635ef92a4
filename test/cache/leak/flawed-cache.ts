import { idleController, type Layer } from '../../../src/contract/layer.ts'
import { marksIn } from './make-answer.ts'
import { type Asked, type Made, needsConfirmation, type Secret, textOf, whySecret } from './model.ts'
import { askedField } from './upstream.ts'

/** A cache that keeps to the model in everything but one thing: what shows that the fuzzer finds it. Nothing is ever stale. */
export function flawedCache(flaw: Secret | undefined, asks: readonly Asked[], made: readonly Made[]): Layer {
  const stored: { made: Made; fields: string[]; content: Buffer[] }[] = []
  return (dispatch) =>
    function flawedCache(options, handler) {
      const reader = asks[Number(textOf(options.headers as string[], askedField.toLowerCase()))] as Asked
      const found = stored.findLast((entry) => {
        const secret = whySecret(entry.made, reader) ?? (needsConfirmation(entry.made) ? 'no-cache' : undefined)
        return secret === undefined || secret === flaw
      })
      if (found === undefined) {
        let fields: string[] = []
        const content: Buffer[] = []
        return dispatch(options, {
          onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
          onResponseStart(controller, status, headers, message) {
            if (status >= 200) fields = [...(controller.rawHeaders as string[])]
            handler.onResponseStart?.(controller, status, headers, message)
          },
          onResponseData(controller, chunk) {
            content.push(chunk)
            handler.onResponseData?.(controller, chunk)
          },
          onResponseEnd(controller, trailers) {
            const answer = made[marksIn(fields.join())[0] ?? -1]
            if (answer?.status === 200) stored.push({ made: answer, fields, content })
            if (stored.length > 50) stored.shift()
            handler.onResponseEnd?.(controller, trailers)
          },
          onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
        })
      }
      const controller = { ...idleController, rawHeaders: found.fields }
      handler.onRequestStart?.(controller, {})
      handler.onResponseStart?.(controller, 200, {}, 'Stored')
      for (const chunk of found.content) handler.onResponseData?.(controller, chunk)
      handler.onResponseEnd?.(controller, {})
      return true
    }
}
