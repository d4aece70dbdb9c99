import { AsyncLocalStorage } from 'node:async_hooks'
import { type Logger, pino, stdTimeFunctions } from 'pino'

export type Log = Logger

/** The request that the current code runs for; the database puts it into its statements. */
export const currentRequest = new AsyncLocalStorage<{ id: string }>()

/** JSON lines. Commands whose result is printed on stdout log to stderr (2). */
export function createLog(level: string, to: 1 | 2, base: Record<string, unknown> = {}): Log {
  return pino(
    {
      level,
      base,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const request = currentRequest.getStore()
        return request ? { requestId: request.id } : {}
      },
      // The last line of defence: nothing below should log these at all.
      redact: ['*.password', '*.password_hash', '*.cookie', '*.authorization'],
    },
    pino.destination({ fd: to, sync: to === 2 }),
  )
}
