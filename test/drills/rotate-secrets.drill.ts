import { createHash } from 'node:crypto'
import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { reader, signIn } from './author.ts'
import { drill, inSecrets, mayLack, system, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]
type Secrets = Record<string, string>

const database = ['database-app', 'database-operator', 'database-replication']
const cache = ['redis-app', 'redis-operator']
const store = ['operator', 'app', 'backup', 'backup-readonly'].flatMap((user) => [
  `s3-${user}-access-key`,
  `s3-${user}-secret-key`,
])

/** Each secret as it is now, and since when. */
async function secretsOf(scene: Scene): Promise<{ values: Secrets; since: Record<string, number> }> {
  const list = `cd /run/secrets/.source && for name in *; do case $name in *.crt|dump.key|ca.key|store.key|far.key) ;; *) echo "$name $(stat -c %Y "$name") $(cat "$name")" ;; esac; done`
  const rows = (await inSecrets(scene, list)).trim().split('\n')
  const parts = rows.map((row) => row.split(' '))
  return {
    values: Object.fromEntries(parts.map(([name, , value]) => [name, value])),
    since: Object.fromEntries(parts.map(([name, time]) => [name, Number(time)])),
  }
}

/** Who is let in with these secrets: each service is asked itself, with a new connection. */
async function letIn({ exec }: Tools, secrets: Secrets): Promise<string[]> {
  const signedIn = async (name: string, script: string, expected: RegExp, ...values: string[]) => {
    const answer = await exec('toolbox', 'sh', '-c', `{ ${script}; } 2>&1 || true`, '-', ...values)
    if (expected.test(answer)) return [name]
    // Anything but a refusal would be taken for one.
    if (!/authentication failed|WRONGPASS|^403$/m.test(answer)) throw new Error(`${name}: ${answer}`)
    return []
  }
  const psql = 'psql -XAtqc "select 17"'
  const s3 =
    'curl -sS -o /dev/null -w "%{http_code}" --cacert /run/secrets/toolbox/ca.crt --aws-sigv4 aws:amz:us-east-1:s3 --user "$1:$2" "https://store:8443/$3?max-keys=1"'
  const redis = 'redis-cli -h cache --no-auth-warning --user "$1" --pass "$2" ping'
  const of = (name: string) => secrets[name] ?? ''
  const pair = (user: string) => [of(`s3-${user}-access-key`), of(`s3-${user}-secret-key`)]
  const found = [
    await signedIn('database', `${psql} "postgres://app:$1@db/app"`, /^17$/m, of('database-app')),
    await signedIn('pooler', `${psql} "postgres://app:$1@pooler:6432/app"`, /^17$/m, of('database-app')),
    await signedIn(
      'database’s operator',
      `${psql} "postgres://operator:$1@db/app"`,
      /^17$/m,
      of('database-operator'),
    ),
    await signedIn('cache', redis, /PONG/, 'app', of('redis-app')),
    await signedIn('cache’s operator', redis, /PONG/, 'operator', of('redis-operator')),
    await signedIn('store', s3, /^200$/, ...pair('app'), 'assets'),
    await signedIn('store’s operator', s3, /^200$/, ...pair('operator'), 'assets'),
    await signedIn('backup', s3, /^200$/, ...pair('backup'), 'backups'),
    await signedIn('backup, reading', s3, /^200$/, ...pair('backup-readonly'), 'backups'),
  ]
  return found.flat()
}

/** Pictures that are put into the store; what they will be called there is known. */
const pictures = Array.from(
  { length: 80 },
  (_, n) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>Rotation ${n}</title></svg>`,
)
const hashes = pictures.map((svg) => createHash('sha256').update(svg).digest('hex'))
const keys = hashes.map((hash) => `covers/${hash}`)
/** The book that they are put onto, and how users find them. */
const book = '0d1b0000-0000-4000-8000-000000000001'
const shown = hashes.map((hash) => `/api/books/${book}/cover?v=${hash.slice(0, 16)}`)

interface Load {
  answers: { asked: string; status: number | string }[]
  stop(): Promise<void>
}
const loads = new Map<string, Load>()

const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })

/** Keeps the session's cookie, and takes a new one where the application gives it. */
class Browser {
  cookie: string
  constructor(cookie: string) {
    this.cookie = cookie
  }
  take(cookies: string[]): void {
    if (cookies.length > 0) this.cookie = cookies.join('; ')
  }
}

/** The status of a request that puts a picture. */
function putCover({ stack }: Scene, svg: string, browser: Browser): Promise<number> {
  const [host = '', port] = (stack.entries.HTTPS_PORT ?? '').split(':')
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{
          host,
          port,
          agent,
          servername: 'localhost',
          method: 'PUT',
          path: `/api/books/${book}/cover`,
          timeout: 15_000,
        },
        headers: { host: 'localhost', cookie: browser.cookie, 'content-type': 'image/svg+xml' },
      },
      (answer) => {
        answer.resume()
        browser.take((answer.headers['set-cookie'] ?? []).map((each) => each.split(';')[0] ?? ''))
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    asked.on('timeout', () => asked.destroy(new Error('no answer')))
    asked.on('error', reject)
    asked.end(svg)
  })
}

const patient = { milliseconds: 15_000 }

/** The status; of what failed also what was said. */
const outcome = ({ status, body }: { status: number; body: string }) =>
  status < 400 ? status : `${status} ${body.slice(0, 120)}`

/** Users who read, write, sign in and put pictures: each part of the stack is asked all the time. */
async function use(scene: Scene & Tools): Promise<Load> {
  const { http } = scene
  const cookie = await signIn(scene, patient.milliseconds)
  scene.notes.cookie = cookie
  const browser = new Browser(cookie)
  await scene.sql`insert into books (id, title, author) values ('${book}', 'Kept', 'A drill')`
  const load: Load = { answers: [], stop: async () => {} }
  let ended = false
  const user = async (asked: string, milliseconds: number, ask: (n: number) => Promise<number | string>) => {
    // Not for ever, should the play fail before the load is ended.
    const until = Date.now() + 300_000
    for (let n = 0; !ended && Date.now() < until; n++) {
      const status = await ask(n).catch((error: Error) => error.message)
      load.answers.push({ asked, status })
      await sleep(milliseconds)
    }
  }
  const get = (path: string, asking = {}) => http(path, { ...asking, ...patient }).then(outcome)
  const signedIn = async (path: string, asking = {}) => {
    const answer = await http(path, { ...asking, ...patient, cookie: browser.cookie })
    browser.take(answer.cookies)
    return outcome(answer)
  }
  const written = { title: 'Written during the drill', author: 'A drill' }
  const users = [
    user('the shelf', 60, () => get('/')),
    user('the books', 60, () => get('/api/books?limit=20')),
    user('a session', 60, () => signedIn('/api/sessions/current')),
    user('a new book', 200, () => signedIn('/api/books', { method: 'POST', body: written })),
    user('signing in', 1000, () => get('/api/sessions', { method: 'POST', body: reader })),
    user('a picture', 1000, (n) => putCover(scene, pictures[n % pictures.length] ?? '', browser)),
  ]
  load.stop = async () => {
    ended = true
    await Promise.all(users)
  }
  return load
}

async function begin(scene: Scene & Tools): Promise<void> {
  const { notes, stack } = scene
  notes.tables = JSON.stringify(await system.tables(stack))
  const { values, since } = await secretsOf(scene)
  notes.former = JSON.stringify(values)
  notes.since = JSON.stringify(since)
  const found = await letIn(scene, values)
  if (found.length < 9) throw new Error(`Only these are let in: ${found}`)
  loads.set(stack.name, await use(scene))
  await sleep(1500)
}

/** What the application has logged of the first request that says its id. */
async function logOf({ stack }: Scene, failed: Load['answers']): Promise<string> {
  const id = /"requestId":"([\w-]{36})/.exec(failed.map(({ status }) => status).join())?.[1]
  if (!id) return ''
  const lines = (await stack.compose(['logs', '--no-log-prefix', 'app'])).split('\n')
  return lines.filter((line) => line.includes(id)).join(' ')
}

/** Ends the load, and throws if one of its requests failed. The shelf is as it was. */
async function served(scene: Scene & Tools): Promise<void> {
  const load = loads.get(scene.stack.name)
  await load?.stop()
  const answers = load?.answers ?? []
  const failed = answers.filter(({ status }) => status !== 200 && status !== 201)
  if (failed.length > 0)
    throw new Error(
      `${failed.length} of ${answers.length} requests failed: ${JSON.stringify(failed.slice(0, 3))} ${await logOf(scene, failed)}`,
    )
  for (const asked of new Set(answers.map((answer) => answer.asked)))
    if (answers.filter((answer) => answer.asked === asked).length < 5)
      throw new Error(`Hardly anybody asked for ${asked}.`)
  const accepted = answers.filter(({ asked, status }) => asked === 'a new book' && status === 201).length
  const kept = (await scene.sql`delete from books where author = 'A drill' returning id`).split('\n').length
  if (kept !== accepted + 1) throw new Error(`${accepted + 1} books were accepted, ${kept} are there.`)
  await scene.exec(
    'toolbox',
    'rclone',
    'delete',
    'store:assets',
    ...keys.flatMap((key) => ['--include', key]),
  )
  const tables = JSON.stringify(await system.tables(scene.stack))
  if (tables !== scene.notes.tables) throw new Error('The tables are not as they were.')
}

/** Throws unless exactly these secrets are other ones, since the play. */
async function rotated(scene: Scene & Tools, names: string[]): Promise<Secrets> {
  const former = JSON.parse(scene.notes.former ?? '') as Secrets
  const times = JSON.parse(scene.notes.since ?? '') as Record<string, number>
  const { values, since } = await secretsOf(scene)
  const changed = Object.keys(former).filter((name) => values[name] !== former[name])
  if (changed.sort().join() !== [...names].sort().join()) throw new Error(`Other are now: ${changed}`)
  const recorded = JSON.parse(await scene.exec('toolbox', 'cat', '/tmp/readiness/secrets.json')) as {
    name: string
    since: number
  }[]
  for (const { name, since: at } of recorded) {
    const began = Date.parse(scene.before) / 1000 - 1
    if (names.includes(name) ? at < began : at !== (times[name] ?? at))
      throw new Error(`The age of ${name} is recorded as ${at}.`)
    if (name in since && since[name] !== at) throw new Error(`${name} is of ${since[name]}, not of ${at}.`)
  }
  const left = await inSecrets(
    scene,
    'cd /run/secrets && find . -name "*next-*" -o -name .rotation -o -name .staged',
  )
  if (left.trim()) throw new Error(`The rotation has left ${left}`)
  return values
}

drill('rotate-secrets', {
  scenario: 'The passwords and keys of the services may have leaked',
  prepare: begin,
  async disaster() {},
  params: () => ({ WHICH: 'services' }),
  limits: { rpo: 0 },
  sameTables: false,
  newObjects: [...keys, ...shown],
  async verify(scene) {
    // Nobody was signed out, either.
    await served(scene)
    const values = await rotated(scene, [...database, ...cache, ...store])
    const former = await letIn(scene, JSON.parse(scene.notes.former ?? '') as Secrets)
    if (former.length > 0) throw new Error(`With the former secrets are let in: ${former}`)
    const found = await letIn(scene, values)
    if (found.length < 9) throw new Error(`With the new secrets only these are let in: ${found}`)
    const roles = await scene.sql`select count(*) from pg_roles where rolname = 'app_rotation'`
    if (roles !== '0') throw new Error('The lent role is still there.')
    // As a restore to a moment before does it.
    const { 'database-app': app = '' } = JSON.parse(scene.notes.former ?? '') as Secrets
    await scene.exec('db', 'psql', '-XAtqd', 'app', '-c', `alter role app password '${app}'`)
    await scene.run('db-tools', 'database-secret', 'set')
    const again = await letIn(scene, values)
    if (again.length < 9) throw new Error(`After a restore only these would be let in: ${again}`)
    // The archive is written with another key.
    await scene.exec('db', 'pgbackrest', 'check')
  },
  mutants: true,
})

drill('rotate-secrets', {
  scenario: 'The application’s secret may have leaked',
  prepare: begin,
  async disaster() {},
  params: () => ({ WHICH: 'application' }),
  limits: { rpo: 0 },
  sameTables: false,
  newObjects: [...keys, ...shown],
  async verify(scene) {
    // Who goes on using the shelf has got a new signature meanwhile.
    await served(scene)
    await rotated(scene, ['app-secret'])
    const status = async (cookie: string) =>
      (await scene.http('/api/sessions/current', { cookie, ...patient })).status
    const former = await status(scene.notes.cookie ?? '')
    if (former !== 401) throw new Error(`With the former secret’s cookie the answer is ${former}.`)
    const now = await status(await signIn(scene, patient.milliseconds))
    if (now !== 200) throw new Error(`With a new cookie the answer is ${now}.`)
  },
  mutants: true,
})

/** Throws unless every secret is what it was, and lets in. */
async function nothingChanged(scene: Scene & Tools): Promise<void> {
  const { values } = await secretsOf(scene)
  const changed = Object.entries(values).filter(
    ([name, value]) => JSON.parse(scene.notes.former ?? '{}')[name] !== value,
  )
  if (changed.length > 0) throw new Error(`Other are now: ${changed.map(([name]) => name)}`)
  const found = await letIn(scene, values)
  if (found.length < 9) throw new Error(`Only these are let in: ${found}`)
}

const remember = async (scene: Scene) => {
  scene.notes.former = JSON.stringify((await secretsOf(scene)).values)
}

twin('rotate-secrets', {
  twin: 'Only one instance of the application runs',
  async break(scene) {
    await remember(scene)
    await scene.stack.compose(['up', '--detach', '--wait', '--no-deps', '--scale', 'app=1', 'app'])
  },
  async mend(scene) {
    await scene.stack.compose(['up', '--detach', '--wait', '--no-deps', 'app'])
    await nothingChanged(scene)
  },
  params: () => ({ WHICH: 'services' }),
  message: /Fewer than two instances of the application run/,
  mutants: true,
})

twin('rotate-secrets', {
  twin: 'A rotation of something else has not ended',
  async break(scene) {
    await remember(scene)
    await scene.stack.compose([
      'run',
      '--rm',
      '--no-deps',
      '-T',
      'secrets',
      'rotate-secrets',
      'begin',
      'cache',
    ])
  },
  async mend(scene) {
    await nothingChanged(scene)
    await inSecrets(scene, 'cd /run/secrets && rm -f .source/.rotation .source/.next-* */next-*')
  },
  params: () => ({ WHICH: 'store' }),
  message: /A rotation of «cache» has not ended\. Nothing was changed\. Play it first: WHICH=cache/,
})

mayLack('rotate-secrets', {
  command: 'rotate-secrets bridge',
  why: 'Without it the application keeps its own role until its second restart. That is seen only if one of its connections to the pooler is made anew in these seconds.',
})
mayLack('rotate-secrets', {
  command: 'toolbox jq',
  why: 'It only shows what was recorded; the drill reads that itself.',
})
