/**
 * Tells a webhook that a run started, that a step failed, and how the run ended, if the environment's file names
 * one: `NOTIFY_WEBHOOK`. A run neither waits for it nor fails because of it: at 3 am the chat may be down, too.
 */
import { request as http } from 'node:http'
import { request as https } from 'node:https'
import type { Environment } from './environment.ts'
import type { Event } from './journal-schema.ts'
import type { Listener } from './recorder.ts'

/** What is sent, as JSON by POST. A field is only ever added. */
export interface Notification {
  v: 1
  event: 'start' | 'failure' | 'finish'
  /** When it happened: ISO 8601, UTC. */
  at: string
  /** All of it in a line: chats that take JSON show this. */
  text: string
  run: string
  runbook: string
  title: string
  environment: string
  /** `user@host` of the operator. */
  who: string
  /** Of a start: true if an earlier process began the run. */
  resumed?: boolean
  /** Of a failure: the step's anchor on the runbook's page, and whether going back over it is what failed. */
  step?: string
  undo?: boolean
  /** Of a finish. */
  result?: 'done' | 'failed' | 'interrupted' | 'undone'
  exit?: number
  seconds?: number
  error?: string
}

export interface Notifier {
  listen: Listener
  /** Resolves when everything is delivered or given up, at the latest after `PATIENCE`. */
  close(): Promise<void>
}

/** Milliseconds that a delivery may take, and that the end of a run waits for what is still under way. */
const PATIENCE = 5000

type Facts = Pick<Notification, 'run' | 'runbook' | 'title'>

/** Events reach it redacted. `notice` is told once if the webhook does not take them. */
export function notifier(
  environment: Environment,
  facts: Facts,
  notice: (text: string) => void,
  patience = PATIENCE,
): Notifier {
  const address = environment.entries.NOTIFY_WEBHOOK
  if (!address) return { listen: () => {}, close: async () => {} }
  let who = ''
  let failed = false
  let deliveries: Promise<void> = Promise.resolve()
  const giveUp = new AbortController()
  const deliver = async (notification: Notification) => {
    try {
      await post(address, notification, AbortSignal.any([giveUp.signal, AbortSignal.timeout(patience)]))
    } catch (error) {
      if (!failed) notice(`The webhook was not told (${reason(error)}). The run goes on.`)
      failed = true
    }
  }
  return {
    listen(event) {
      if (event.event === 'output') return
      if (event.event === 'run-start' || event.event === 'run-resume') who = event.who
      const news = about(event)
      if (!news) return
      const about_ = { ...facts, environment: environment.name, who }
      const notification = { v: 1, at: event.at, ...about_, ...news, text: text(about_, news) } as const
      // One after the other: they arrive in the order in which they happened.
      deliveries = deliveries.then(() => deliver(notification))
    },
    async close() {
      const timer = setTimeout(() => giveUp.abort(), patience)
      await deliveries
      clearTimeout(timer)
    },
  }
}

type News = Pick<
  Notification,
  'event' | 'resumed' | 'step' | 'undo' | 'result' | 'exit' | 'seconds' | 'error'
>

function about(event: Event): News | undefined {
  switch (event.event) {
    case 'run-start':
      return { event: 'start', resumed: false }
    case 'run-resume':
      return { event: 'start', resumed: true }
    case 'step-end':
    case 'undo-step-end': {
      if (event.result !== 'failed') return undefined
      const { step, error } = event
      return { event: 'failure', step, undo: event.event === 'undo-step-end', ...(error && { error }) }
    }
    case 'run-end': {
      const { result, exit, seconds, error } = event
      return { event: 'finish', result, exit, seconds, ...(error && { error }) }
    }
    default:
      return undefined
  }
}

function text({ title, environment, who, run }: Facts & { environment: string; who: string }, news: News) {
  const what = {
    start: news.resumed ? `taken up again by ${who}` : `started by ${who}`,
    failure: `${news.undo ? 'going back over ' : ''}the step “${news.step}” failed: ${news.error ?? ''}`,
    finish: `${news.result}${news.error ? `: ${news.error}` : ''}`,
  }[news.event]
  return `${title} on ${environment}: ${what} (${run})`
}

/** Rejects unless the answer is 2xx. Redirects are not followed: they would carry the news to somewhere else. */
function post(address: string, body: Notification, signal: AbortSignal): Promise<void> {
  const url = new URL(address)
  const send = { 'http:': http, 'https:': https }[url.protocol]
  if (!send) throw new Error(`${url.protocol}// is neither http nor https`)
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'user-agent': 'drillbook' }
    const sending = send(url, { method: 'POST', headers, signal }, (response) => {
      response.resume()
      const { statusCode = 0 } = response
      if (statusCode >= 200 && statusCode < 300) resolve()
      else reject(new Error(`HTTP ${statusCode}`))
    })
    sending.on('error', reject)
    sending.end(JSON.stringify(body))
  })
}

/** Without the address, which is a secret. */
function reason(error: unknown): string {
  const { code, name, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_INVALID_URL') return 'NOTIFY_WEBHOOK is no address'
  if (name === 'AbortError' || name === 'TimeoutError' || code === 'ABORT_ERR') return 'no answer in time'
  return /^(HTTP |\w+:\/\/ is neither)/.test(message) ? message : (code ?? 'no connection')
}
