import { setTimeout as sleep } from 'node:timers/promises'
import { drill, mayLack, type Tools, twin } from './stack.ts'
import { collectLogs, forgetLogs } from './watch.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0] & Tools

/** What the runbook shows of a request: it is asked here for what it finds, since a pasted shell leaves no journal. */
const found = ({ exec }: Tools, request: string) =>
  exec('log-exporter', 'logs-search', '10', '', '', 'any', request, '', '100')

/** Somebody holds the table, and a user waits for it. */
async function waitForTheTable({ exec, http, notes, sql }: Scene): Promise<void> {
  const locked = exec('toolbox', 'psql', '-XAtqc', 'begin; lock table books; select pg_sleep(4); commit')
  const held = () =>
    sql`select count(*) from pg_locks where relation = 'books'::regclass and mode = 'AccessExclusiveLock' and granted`
  for (let left = 200; (await held()) === '0'; await sleep(50))
    if (left-- === 0) throw new Error('Nobody holds the table.')
  const { status, headers } = await http('/api/books?limit=1', { milliseconds: 20_000 })
  if (status !== 200) throw new Error(`The user who waited got ${status}.`)
  notes.request = String(headers['x-request-id'])
  await locked
  // A look a second, and what is read is written at once.
  await sleep(3000)
}

/** Throws unless every line with an id that the engine has is kept, and none twice. The newest are still on their way. */
async function sameAsTheEngine({ exec, stack }: Scene): Promise<void> {
  const said = linesById(await stack.compose(['logs', '--no-log-prefix', 'app']))
  if (said.size === 0) throw new Error('The engine has no line with an id.')
  const search = ['logs-search', '600', '', 'app', 'any', '', '"requestId"', '1000000']
  for (let left = 20; ; left--) {
    const kept = linesById(await exec('log-exporter', ...search))
    const missing = [...said].filter(([id, times]) => (kept.get(id) ?? 0) < times)
    const twice = [...said].filter(([id, times]) => (kept.get(id) ?? 0) > times)
    if (twice.length > 0) throw new Error(`Kept twice: ${twice.slice(0, 3)}`)
    if (missing.length === 0) return
    if (left === 0) throw new Error(`${missing.length} of ${said.size} are not kept: ${missing.slice(0, 3)}`)
    await sleep(1000)
  }
}

/** In how many lines each id of a request stands. */
function linesById(lines: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const [, id = ''] of lines.matchAll(/"requestId":"([\w-]{36})"/g))
    found.set(id, (found.get(id) ?? 0) + 1)
  return found
}

drill('search-logs', {
  scenario: 'A user waits for seconds, and knows the id of the request',
  prepare: ({ stack }) => collectLogs(stack),
  disaster: waitForTheTable,
  params: ({ notes }) => ({ REQUEST: notes.request ?? '', MINUTES: '10' }),
  // It brings nothing back: users are served again when the table is free.
  limits: { rpo: 0 },
  async verify(scene) {
    const { stack, notes } = scene
    const lines = await found(scene, notes.request ?? '')
    for (const expected of [
      /^\S+Z proxy info {2}handled request .*"uri":"\/api\/books\?limit=1"/m,
      /^\S+Z app(-2)? info {2}request .*"route":"\/api\/books"/m,
      // Two seconds at least: on a busy machine it is held up for longer.
      /^\S+Z db info {2}.*duration: (?:[2-9]|\d\d)\d{3}\.\d+ ms .*request_id='/m,
    ])
      if (!expected.test(lines)) throw new Error(`${expected} is not in what was found:\n${lines}`)
    const others = lines
      .split('\n')
      .filter((line) => !line.includes(' proxy ') && !line.includes(' app') && !line.includes(' db '))
    if (others.length > 0) throw new Error(`Not of this request: ${others.join('\n')}`)
    await sameAsTheEngine(scene)
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
