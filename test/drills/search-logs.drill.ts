import { setTimeout as sleep } from 'node:timers/promises'
import { drill, mayLack, type Tools, twin } from './stack.ts'
import { collectLogs, forgetLogs } from './watch.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0] & Tools

/** What the runbook shows of a request: it is asked here for what it finds, since a pasted shell leaves no journal. */
const found = ({ exec }: Tools, request: string) =>
  exec('log-exporter', 'logs-search', '10', '', '', 'any', request, '', '100')

/** Somebody holds the table, and a user waits for it. */
async function waitForTheTable({ exec, http, notes }: Scene): Promise<void> {
  const locked = exec('toolbox', 'psql', '-XAtqc', 'begin; lock table books; select pg_sleep(3); commit')
  await sleep(500)
  const { status, headers } = await http('/api/books?limit=1', { milliseconds: 20_000 })
  if (status !== 200) throw new Error(`The user who waited got ${status}.`)
  notes.request = String(headers['x-request-id'])
  await locked
  // A look a second, and what is read is written at once.
  await sleep(3000)
}

drill('search-logs', {
  scenario: 'A user waits for seconds, and knows the id of the request',
  prepare: ({ stack }) => collectLogs(stack),
  disaster: waitForTheTable,
  params: ({ notes }) => ({ REQUEST: notes.request ?? '', MINUTES: '10' }),
  // It brings nothing back: users are served again when the table is free.
  limits: { rpo: 0 },
  async verify(scene) {
    const { exec, stack, notes } = scene
    const lines = await found(scene, notes.request ?? '')
    for (const expected of [
      /^\S+Z proxy info {2}handled request .*"uri":"\/api\/books\?limit=1"/m,
      /^\S+Z app(-2)? info {2}request .*"route":"\/api\/books"/m,
      /^\S+Z db info {2}.*duration: [23]\d{3}\.\d+ ms .*request_id='/m,
    ])
      if (!expected.test(lines)) throw new Error(`${expected} is not in what was found:\n${lines}`)
    const others = lines
      .split('\n')
      .filter((line) => !line.includes(' proxy ') && !line.includes(' app') && !line.includes(' db '))
    if (others.length > 0) throw new Error(`Not of this request: ${others.join('\n')}`)
    // Everything that the engine has of it, and nothing twice.
    const said = (await stack.compose(['logs', '--no-log-prefix', 'app'])).split('\n')
    const kept = await exec(
      'log-exporter',
      'logs-search',
      '600',
      '',
      'app',
      'any',
      '',
      '"requestId"',
      '1000000',
    )
    const ids = said.filter((line) => line.includes('"requestId"')).length
    if (kept.trim().split('\n').length < ids - 5 || kept.trim().split('\n').length > ids + 5)
      throw new Error(`The engine has ${ids} lines with an id, and ${kept.split('\n').length} are kept.`)
    await forgetLogs(stack)
  },
})

twin('search-logs', {
  twin: 'There is no service of that name',
  break: ({ stack }) => collectLogs(stack),
  mend: ({ stack }) => forgetLogs(stack),
  params: () => ({ SERVICE: 'aap' }),
  message: /No service «aap» has logged anything\. There are: app /,
})

twin('search-logs', {
  twin: 'The monitoring is off',
  async break() {},
  message: /service "log-exporter" is not running/,
})

mayLack('search-logs', { command: 'logs-kept', why: 'It only says what there is.' })
mayLack('search-logs', {
  command: 'logs-search',
  why: 'It only shows; the drill asks the same program for what it finds.',
})
