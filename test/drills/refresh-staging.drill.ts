import { createHash } from 'node:crypto'
import { type Load, startReading } from './readers.ts'
import type { Scene } from './releases.ts'
import {
  checkRepositoryLog,
  drill,
  mayLack,
  repositoryLog,
  scratchFiles,
  system,
  type Tools,
  twin,
} from './stack.ts'
import { haveStaging, type Staging, stagingOf } from './staging.ts'

/** A stack of its own, since staging comes beside it. */
const before = async () => {}

/** Names as people have them, and what they write where nobody asked for it. */
const people = [
  ['zoe.ohara+shop@example.org', 'Zoë O’Hara-Ñuñez'],
  ['ng@example.com', 'Ng'],
  ['tabea@example.net', 'Tabea\t"Bea" \\ von\nBreuel'],
  ['chu@example.net', '朱自清'],
] as const
const phone = '+49 30 901820'
const written = `From Zoë O’Hara-Ñuñez, zoe.ohara+shop@example.org, ${phone}`
const drawn = '<svg xmlns="http://www.w3.org/2000/svg"><text>For Zoë O’Hara-Ñuñez</text></svg>\n'

const sha256 = createHash('sha256').update(drawn).digest('hex')
const cover = `covers/${sha256}`
const book = '0d0b0000-0000-4000-8000-00000000d411'

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

/** Production has people’s data: in their own rows, in what they have written, and in a cover. */
async function addPeople({ sql, exec }: Tools): Promise<void> {
  await exec('toolbox', 'sh', '-c', `printf %s ${quoted(drawn)} | rclone rcat store:assets/${cover}`)
  for (const [email, name] of people) {
    // psql takes a statement on one line.
    const oneLine = `E${quoted(name.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n'))}`
    await sql`insert into users (email, name, password_hash) values (${quoted(email)}, ${oneLine}, ${quoted(`scrypt$16384$8$5$${email}`)}) on conflict do nothing`
  }
  await sql`insert into books (id, title, author, created_by, cover_key, cover_sha256, cover_size, cover_type)
    select '${book}', ${quoted(written)}, 'A person', id, '${cover}', '${sha256}', ${Buffer.byteLength(drawn)}, 'image/svg+xml'
    from users where email = ${quoted(people[0][0])} on conflict do nothing`
}

async function removePeople({ sql, exec }: Tools): Promise<void> {
  await sql`delete from books where id = '${book}'`
  await exec('toolbox', 'rclone', 'delete', 'store:assets', '--include', cover)
  await sql`delete from users where email in (${people.map(([email]) => quoted(email)).join(', ')})`
}

const dumps = 'store:backups/refresh'

/** People, a dump as the scheduler takes it, and staging that is in use. */
async function begin(scene: Scene & Tools): Promise<Staging> {
  const { exec, notes, stack } = scene
  const staging = await haveStaging(stack)
  await staging.stack.compose(['exec', '-T', 'app', 'node', '/app/app.mjs', 'seed', '--books', '6'])
  notes.staging = staging.stack.name
  notes.had = await contents(staging)
  notes.newest = await newest(staging)
  await addPeople(scene)
  notes.dump = (await exec('scheduler', 'export-dump', dumps)).trim()
  return staging
}

const params = ({ notes }: Scene) => ({ STAGING: notes.staging ?? '', DUMP: notes.dump ?? '' })

/** Everything that staging keeps. */
async function contents({ stack, tools }: Staging): Promise<string> {
  const files = ['lsf', '-R', '--files-only', '--format', 'ph', '--hash', 'MD5', 'store:assets']
  return JSON.stringify([await system.tables(stack), await tools.exec('toolbox', 'rclone', ...files)])
}

const newest = ({ tools: { sql } }: Staging) => sql`select max(email) from users where email like '%.invalid'`

const loads = new Map<string, Load>()

drill('refresh-staging', {
  scenario: 'Staging’s data is nothing like production’s',
  before,
  async prepare(scene) {
    await begin(scene)
    scene.notes.tables = JSON.stringify(await system.tables(scene.stack))
    scene.notes.log = JSON.stringify(await repositoryLog(scene))
    loads.set(scene.stack.name, startReading(scene))
  },
  async disaster() {},
  params,
  /** Each refresh makes other people: whose addresses are new ones, came now. */
  async serving({ stack, notes }) {
    const staging = stagingOf(stack)
    const found = staging && (await newest(staging))
    return Boolean(found) && found !== notes.newest
  },
  limits: { rpo: 0 },
  // The people came before, and are compared below.
  sameTables: false,
  newObjects: [cover, `/api/books/${book}/cover?v=${sha256.slice(0, 16)}`],
  async verify(scene) {
    const { notes, stack } = scene
    await loads.get(stack.name)?.stop()
    await checkRepositoryLog(scene, notes.log ?? '')
    if (JSON.stringify(await system.tables(stack)) !== notes.tables)
      throw new Error('Production’s tables were changed.')
    const left = await scratchFiles(scene)
    if (left) throw new Error(`The copy was not removed: ${left.slice(0, 200)}`)
    const staging = await haveStaging(stack)
    await sameShape(scene, staging)
    await nobodyLeft(scene, staging)
    await serves(staging)
    await clean(scene)
  },
  mutants: true,
})

async function clean(scene: Scene & Tools): Promise<void> {
  await removePeople(scene)
  await scene.exec('toolbox', 'rclone', 'delete', dumps)
}

/** As many rows, and what belonged together still does: who has added how many books. */
async function sameShape(scene: Tools, { tools }: Staging): Promise<void> {
  const shape = ({ sql }: Tools) =>
    sql`select (select count(*) from users), (select count(*) from books), (select count(distinct cover_key) from books),
      (select string_agg(n::text, ' ' order by n) from (select count(*) n from books b join users u on u.id = b.created_by group by u.id) x),
      (select sum(length(title) + length(author)) from books), (select string_agg(name, ' ' order by id) from migrations)`
  const [here, there] = [await shape(scene), await shape(tools)]
  if (here !== there || !here.startsWith('5|201|'))
    throw new Error(`Production has ${here}, staging ${there}.`)
}

/** Looks for itself, in the text of a whole dump and in the bytes of every file; and is able to find something. */
async function nobodyLeft(scene: Tools, { tools }: Staging): Promise<void> {
  const all = async ({ exec }: Tools) =>
    [
      await exec('toolbox', 'pg_dump', 'app'),
      await exec('toolbox', 'rclone', 'lsf', '-R', 'store:assets'),
      await exec('toolbox', 'rclone', 'cat', 'store:assets'),
    ]
      .join('\n')
      .toLowerCase()
  const { sql } = scene
  const rows =
    await sql`select id || chr(10) || email || chr(10) || password_hash from users union all select title from books`
  const personal = [
    ...rows.split('\n'),
    // As a dump writes them.
    ...people.map(([, name]) =>
      name.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n'),
    ),
    ...['Demo Reader', 'Zoë O’Hara', 'Breuel', '朱', phone, 'example.org', 'For Zoë'],
  ].filter((text) => text !== 'Ng')
  if (personal.length < 220) throw new Error(`There is little to look for: ${personal.length} values.`)
  const [here, there] = [await all(scene), await all(tools)]
  for (const value of personal.map((each) => each.toLowerCase())) {
    if (!here.includes(value)) throw new Error(`Production should have «${value}»: the scan sees nothing.`)
    if (there.includes(value)) throw new Error(`Staging has «${value}».`)
  }
  if (/\tng\t/.test(there) || !/\tng\t/.test(here))
    throw new Error('A short name was kept, or not looked for.')
}

/** As its users see it. */
async function serves({ stack, tools }: Staging): Promise<void> {
  const get = (path: string) => tools.exec('toolbox', 'curl', '-sSf', `http://app:3000${path}`)
  const { books } = JSON.parse(await get('/api/books?limit=100')) as {
    books: { title: string; cover: { url: string } | null }[]
  }
  if (books.length !== 100 || books.some(({ title }) => !/^q/i.test(title)))
    throw new Error(`Staging shows ${JSON.stringify(books[0])}`)
  const drawing = await get(books.find(({ cover }) => cover)?.cover?.url ?? '/none')
  if (!drawing.startsWith('<svg ') || drawing.includes('<text')) throw new Error(`A cover: ${drawing}`)
  const report = await stack.compose(['exec', '-T', 'app', 'node', '/app/app.mjs', 'reconcile'])
  const { counts } = JSON.parse(report) as { counts: Record<string, number> }
  if (counts.rowsWithoutObjects || counts.objectsWithoutRows || counts.sizesDiffer || counts.objects !== 201)
    throw new Error(`Rows and files: ${JSON.stringify(counts)}`)
}

/** Nothing was loaded, and nothing is left lying of what was looked at. */
async function kept(scene: Scene & Tools): Promise<void> {
  if ((await contents(await haveStaging(scene.stack))) !== scene.notes.had)
    throw new Error('Staging does not have what it had.')
  const left = await scratchFiles(scene)
  if (left) throw new Error(`The copy was not removed: ${left.slice(0, 200)}`)
  await clean(scene)
}

/** Where nobody would look for one, and the rules say that there is none. */
twin('refresh-staging', {
  twin: 'A column that should say nothing about people hides an address',
  before,
  async break(scene) {
    await scene.sql`insert into migrations (name, run_on) values ('20990301000000001_asked-for-by-Tabea@example.net', now())`
    await begin(scene)
  },
  params,
  async mend(scene) {
    await scene.sql`delete from migrations where name like '20990301%'`
    await kept(scene)
  },
  message: /People of the source are still in the copy: migrations\.name \(1\)/,
  mutants: true,
})

twin('refresh-staging', {
  twin: 'A migration has brought a column that nobody has declared',
  before,
  async break(scene) {
    await scene.sql`alter table users add column phone text`
    await scene.sql`update users set phone = '${phone}'`
    await begin(scene)
  },
  params,
  async mend(scene) {
    await scene.sql`alter table users drop column phone`
    await kept(scene)
  },
  message: /Nobody has said what these columns say about people: users\.phone/,
})

twin('refresh-staging', {
  twin: 'The project that is named is a production',
  before,
  async break(scene) {
    const { tools } = await begin(scene)
    await tools.exec('toolbox', 'sh', '-c', 'echo production >/var/lib/drillbook/kind')
  },
  params,
  async mend(scene) {
    const { tools } = await haveStaging(scene.stack)
    await tools.exec('toolbox', 'sh', '-c', 'echo staging >/var/lib/drillbook/kind')
    await kept(scene)
  },
  message: /This environment is «production», not staging, a sandbox or for development/,
})

twin('refresh-staging', {
  twin: 'The environment itself is named',
  before,
  break: begin,
  params: (scene) => ({ ...params(scene), STAGING: scene.stack.name }),
  mend: kept,
  message: /The project is this environment itself/,
  mutants: true,
})

mayLack('refresh-staging', {
  command: 'refuse-unless-disposable',
  why: 'What loads asks again itself. The step refuses before people are loaded anywhere.',
})
mayLack('refresh-staging', {
  command: '/app/app.mjs migrate',
  why: 'In the drill, staging is of production’s version: there is nothing to migrate.',
})
mayLack('refresh-staging', { command: 'curl -fsS', why: 'It waits; the drill asks itself.' })
mayLack('refresh-staging', {
  command: 'db remove-scratch',
  undo: true,
  why: 'What stops removes its own copy. It is for a run that is killed later.',
})
