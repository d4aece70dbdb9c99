import { signIn } from './author.ts'
import { drill, mayLack, type Tools, twin } from './stack.ts'

/** What the application's tables hold, but for when a migration was applied. */
const shelf = ({ sql }: Tools) =>
  sql`select (select md5(string_agg(b::text, '' order by id)) from books b), (select md5(string_agg(u::text, '' order by id)) from users u),
      (select string_agg(name, ' ' order by id) from migrations)`
const schemas = ({ sql }: Tools) =>
  sql`select string_agg(nspname, ' ' order by nspname) from pg_namespace where nspname !~ '^pg_'`
const backups = async ({ exec }: Tools) =>
  (
    JSON.parse(await exec('toolbox', 'pgbackrest', 'info', '--output=json'))[0].backup as {
      label: string
      type: string
    }[]
  ).filter(({ type }) => type === 'full')
const versions = async ({ exec }: Tools) =>
  (await exec('toolbox', 'assets-versions'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { key: string; latest: boolean; deleted: boolean })

/** The status of a session's own page. */
const me = async ({ http }: Tools, cookie: string) => (await http('/api/sessions/current', { cookie })).status

drill('reset', {
  scenario: 'Nobody understands any more what is in the sandbox',
  async prepare(scene) {
    const { sql, http, exec, notes } = scene
    notes.shelf = await shelf(scene)
    notes.schemas = await schemas(scene)
    notes.full = (await backups(scene)).at(-1)?.label ?? ''
    notes.cookie = await signIn(scene, 2000)
    const book = { title: 'A try', author: 'A drill' }
    const added = await http('/api/books', { method: 'POST', body: book, cookie: notes.cookie })
    if (added.status !== 201) throw new Error(`A book cannot be added: ${added.status}`)
    await sql`insert into users (email, name, password_hash) values ('other@example.org', 'Other', 'x')`
    await sql`delete from books where id in (select id from books where author <> 'A drill' order by id limit 40)`
    await sql`create schema restored_20260101_000000 create table books (id uuid)`
    await exec('toolbox', 'sh', '-c', 'echo bytes | rclone rcat store:assets/covers/of-nobody.svg')
    await exec('toolbox', 'rclone', 'delete', 'store:assets', '--include', 'covers/1*')
  },
  async disaster({ sql }) {
    await sql`update books set title = 'Untitled', author = 'Somebody'`
  },
  limits: { rpo: 0 },
  // When a migration was applied is another time now; the rest is compared below.
  sameTables: false,
  async verify(scene) {
    const { notes } = scene
    if ((await shelf(scene)) !== notes.shelf) throw new Error('The tables do not hold the demo data.')
    const left = await schemas(scene)
    if (left !== notes.schemas) throw new Error(`There are schemas ${left}, not ${notes.schemas}.`)
    const all = await versions(scene)
    const old = all.filter(({ latest, deleted }) => !latest || deleted)
    if (old.length > 0) throw new Error(`${old.length} old versions are left, such as ${old[0]?.key}.`)
    const status = await me(scene, notes.cookie ?? '')
    if (status !== 401) throw new Error(`The old session is answered ${status}.`)
    await signIn(scene, 2000)
    const newest = (await backups(scene)).at(-1)?.label ?? ''
    if (newest <= (notes.full ?? '')) throw new Error(`No full backup is newer than ${notes.full}.`)
  },
  mutants: true,
})

twin('reset', {
  twin: 'It is production, whatever the file says',
  break: ({ exec }) => exec('toolbox', 'sh', '-c', 'echo production >/var/lib/drillbook/kind'),
  mend: ({ exec }) => exec('toolbox', 'sh', '-c', 'echo sandbox >/var/lib/drillbook/kind'),
  message: /This environment is «production».*The volume «state» says so/,
})

twin('reset', {
  twin: 'The database does not say what it is',
  break: ({ sql }) => sql`alter table operations.environment rename kind to former_kind`,
  mend: ({ sql }) => sql`alter table operations.environment rename former_kind to kind`,
  message: /The database does not say what kind of environment this is/,
})

mayLack('reset', {
  command: 'refuse-unless-disposable',
  why: 'What throws away asks again itself. The step refuses before the application is stopped.',
})
mayLack('reset', {
  command: 'app:3000/readyz',
  why: 'It waits until users are served. It tells when the environment can be used again.',
})
mayLack('reset', { command: 'reconcile', why: 'It only tells.' })
mayLack('reset', {
  command: 'db record-contents',
  why: 'A reset reads no record. “Verify a backup” refuses a backup without it: that is for its drill.',
})
mayLack('reset', {
  command: 'pgbackrest check',
  why: 'A backup whose log does not arrive fails, too. The check says so within seconds, and before.',
})
mayLack('reset', { command: 'pgbackrest info', why: 'It only lists.' })
