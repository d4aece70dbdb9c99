import {
  checkRepositoryLog,
  drill,
  inSecrets,
  repositoryLog,
  scratchFiles,
  system,
  type Tools,
  twin,
} from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

/** Two authors are in the condition; the mistake is made with the books of the first. */
const authors = "author in ('Mirjam Dorn', 'Ines Okafor')"
const books = async ({ stack }: Scene) => (await system.tables(stack)).books ?? ''

/**
 * What users do after the moment and before the mistake. It must stay, also the change to a book that the condition
 * finds. The table as it is then is what it must be in the end.
 */
async function usersGoOn(scene: Scene & Tools): Promise<void> {
  await scene.sql`update books set year = 1999 where id = (select min(id::text)::uuid from books where author = 'Ines Okafor')`
  await scene.sql`insert into books (title, author) values ('Written after the moment', 'Somebody Else')`
  scene.notes.expected = await books(scene)
}

async function prepare(scene: Scene & Tools): Promise<void> {
  scene.notes.id = await scene.sql`select min(id::text) from books where author = 'Mirjam Dorn'`
  scene.notes.title = await scene.sql`select title from books where id = '${scene.notes.id}'`
  scene.notes.log = JSON.stringify(await repositoryLog(scene))
}

async function verify(scene: Scene & Tools): Promise<void> {
  if ((await books(scene)) !== scene.notes.expected)
    throw new Error('The table is not as it was before the mistake.')
  const left = await scratchFiles(scene)
  if (left) throw new Error(`The copy was not removed: ${left.slice(0, 200)}`)
  await checkRepositoryLog(scene, scene.notes.log ?? '')
}

/** A user who looks at a book of the author whose books were hit. */
const isThere = ({ http, notes }: Scene & Tools) =>
  http(`/api/books/${notes.id}`)
    .then(({ status, body }) => status === 200 && JSON.parse(body).title === notes.title)
    .catch(() => false)

drill('restore-rows', {
  scenario: 'Some rows are deleted by mistake',
  prepare,
  async disaster(scene) {
    await usersGoOn(scene)
    await scene.sql`delete from books where author = 'Mirjam Dorn'`
  },
  params: ({ before }) => ({ TABLE: 'books', CONDITION: authors, MOMENT: before, PUT: 'missing' }),
  serving: isThere,
  limits: { rpo: 0 },
  sameTables: false,
  verify,
  mutants: true,
})

drill('restore-rows', {
  scenario: 'Some rows are overwritten by mistake',
  prepare,
  async disaster(scene) {
    await usersGoOn(scene)
    await scene.sql`update books set title = 'Untitled', year = null where author = 'Mirjam Dorn'`
  },
  params: ({ before }) => ({
    TABLE: 'public.books',
    CONDITION: "author = 'Mirjam Dorn'",
    MOMENT: before,
    PUT: 'changed',
  }),
  serving: isThere,
  limits: { rpo: 0 },
  sameTables: false,
  verify,
})

twin('restore-rows', {
  twin: 'The moment is in the future',
  async break() {},
  async mend() {},
  params: () => ({ TABLE: 'books', MOMENT: '2199-01-01 00:00:00+00' }),
  message: /2199-01-01/,
})

twin('restore-rows', {
  twin: 'The table is spelled wrongly',
  async break() {},
  async mend() {},
  params: ({ before }) => ({ TABLE: 'boks', MOMENT: before, PUT: 'missing' }),
  message: /no table «boks»/,
})

/** The copy is restored with a key that may not write. */
twin('restore-rows', {
  twin: 'The reading key of the store is wrong',
  break: (context) =>
    inSecrets(
      context,
      "sed -i 's/^repo1-s3-key-secret=.*/repo1-s3-key-secret=wrong/' /run/secrets/db/pgbackrest-readonly.d/repo1.conf",
    ),
  mend: ({ stack }) => stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets']),
  params: ({ before }) => ({ TABLE: 'books', MOMENT: before, PUT: 'missing' }),
  message: /SignatureDoesNotMatch|denied|403/i,
})
