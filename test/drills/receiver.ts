/** Whoever is to be told: a web server and a mail server in a container beside the stack, which keep what they are sent. */
import { randomUUID } from 'node:crypto'
import { execa } from 'execa'
import { setEntries } from './entries.ts'
import type { Scene } from './releases.ts'

/** One line for each message. Paths hold a secret, as those of real webhooks do, and are not printed whole. */
const program = `
const { createServer } = require('node:http')
const { createServer: listen } = require('node:net')
createServer((request, answer) => {
  let body = ''
  request.on('data', (data) => (body += data)).on('end', () => {
    console.log(JSON.stringify({ to: request.url.split('/')[1], body }))
    answer.end()
  })
}).listen(8080)
listen((socket) => {
  let text = '', mail
  const say = (line) => socket.write(line + '\\r\\n')
  say('220 mail')
  socket.on('error', () => {}).on('data', (data) => {
    text += data
    for (let at; (at = text.indexOf(mail === undefined ? '\\r\\n' : '\\r\\n.\\r\\n')) >= 0; ) {
      const part = text.slice(0, at)
      text = text.slice(at + (mail === undefined ? 2 : 5))
      if (mail !== undefined) { console.log(JSON.stringify({ to: 'mail', body: part })); mail = undefined; say('250 kept') }
      else if (part === 'DATA') { mail = ''; say('354 go on') }
      else if (part === 'QUIT') { say('221 bye'); socket.end() }
      else say('250 fine')
    }
  })
}).listen(2525)`

const nameOf = ({ stack }: Pick<Scene, 'stack'>) => `${stack.name}-receiver`

/** Starts it, and names it in the environment’s file as an operator does: the lead by Slack, the owner by mail, users by JSON. */
export async function startReceiver(scene: Pick<Scene, 'stack' | 'notes'>): Promise<void> {
  const { stack, notes } = scene
  const name = nameOf(scene)
  const tag = stack.entries.IMAGE_TAG ?? 'dev'
  await execa('docker', ['rm', '--force', name], { reject: false })
  await execa('docker', [
    ...['run', '--detach', '--init', '--name', name, '--network', `${stack.name}_edge`],
    ...['--entrypoint', 'node', `drillbook/app:${tag}`, '-e', program],
  ])
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
  const { stdout: address } = await execa('docker', ['inspect', '--format', format, name])
  notes.secret = `hook-${randomUUID()}`
  nameChannels(scene, {
    NOTIFY_LEAD_WEBHOOK: `slack+http://${address}:8080/lead/${notes.secret}`,
    NOTIFY_USERS_WEBHOOK: `http://${address}:8080/users/${notes.secret}`,
    NOTIFY_OWNER_MAIL: 'owner@example.org',
    NOTIFY_SMTP_DSN: `smtp://${address}:2525`,
    NOTIFY_MAIL_FROM: 'incidents@example.org',
  })
}

/** Takes it away, with what named it. */
export async function removeReceiver(scene: Pick<Scene, 'stack'>): Promise<void> {
  nameChannels(scene, {})
  await execa('docker', ['rm', '--force', nameOf(scene)], { reject: false })
}

export const stopReceiver = (scene: Pick<Scene, 'stack'>) =>
  execa('docker', ['stop', '--time', '0', nameOf(scene)])

/** What has arrived, in order: at whom, and what. */
export async function received(scene: Pick<Scene, 'stack'>): Promise<{ to: string; body: string }[]> {
  const { stdout } = await execa('docker', ['logs', nameOf(scene)])
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { to: string; body: string })
}

const nameChannels = ({ stack }: Pick<Scene, 'stack'>, channels: Record<string, string>): void =>
  setEntries(stack, /^NOTIFY_/, channels)
