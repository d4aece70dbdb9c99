import { drill, mayLack, type Tools, twin } from './stack.ts'

const count = ({ sql }: Tools) => sql`select count(*) from books`

drill('seed', {
  scenario: 'Somebody has deleted the demo data',
  async disaster({ sql, exec }) {
    await sql`delete from books`
    await sql`delete from users where email = 'reader@example.org'`
    await exec('toolbox', 'rclone', 'delete', 'store:assets', '--include', 'covers/0*')
  },
  limits: { rpo: 0 },
  // Every row and every object is as it was: that is compared anyway. Then: what people have added or changed stays.
  async verify(scene) {
    const { sql, play } = scene
    const had = await count(scene)
    if (had !== '200') throw new Error(`There are ${had} books.`)
    await sql`insert into books (title, author) values ('Of a user', 'A drill')`
    const changed =
      await sql`update books set title = title || ', changed' where id = (select min(id::text)::uuid from books where author <> 'A drill') returning id`
    await play({ BOOKS: '200' })
    const kept =
      await sql`select count(*) filter (where author = 'A drill'), count(*) filter (where title like '%, changed'), count(*) from books`
    if (kept !== '1|1|201') throw new Error(`Played again: ${kept}, expected 1|1|201.`)
    await sql`delete from books where author = 'A drill'`
    await sql`update books set title = replace(title, ', changed', '') where id = '${changed}'`
  },
  mutants: true,
})

twin('seed', {
  twin: 'It is production, whatever the file says',
  break: ({ exec }) => exec('toolbox', 'sh', '-c', 'echo production >/var/lib/drillbook/kind'),
  async mend(scene) {
    await scene.exec('toolbox', 'sh', '-c', 'echo sandbox >/var/lib/drillbook/kind')
    if ((await count(scene)) !== '200') throw new Error('Books were added.')
  },
  params: () => ({ BOOKS: '300' }),
  message: /This environment is «production».*The volume «state» says so/,
  mutants: true,
})

twin('seed', {
  twin: 'A copy of staging’s database was restored here',
  break: ({ sql }) => sql`update operations.environment set kind = 'staging'`,
  mend: ({ sql }) => sql`update operations.environment set kind = 'sandbox'`,
  params: () => ({ BOOKS: '300' }),
  message: /This environment is «staging».*The database says so/,
})

mayLack('seed', { command: 'reconcile', why: 'It only tells.' })
