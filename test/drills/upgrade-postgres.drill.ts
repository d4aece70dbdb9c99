import { type Author, startWriting } from './author.ts'
import {
  ask,
  backups,
  onOldVersion as before,
  goBack,
  home,
  majorOf,
  type Scene,
} from './postgres-versions.ts'
import { drill, inSecrets, mayLack, twin } from './stack.ts'

drill('upgrade-postgres', {
  scenario: 'A database of the old version, with data, is upgraded while users write',
  before,
  async prepare(scene) {
    if ((await majorOf(scene)) !== '15') throw new Error('The drill does not begin with the old version.')
  },
  async disaster() {},
  limits: { rpo: 0 },
  async verify(scene) {
    const { exec } = scene
    const problems: string[] = []
    const expect = (what: string, found: string, expected: string | RegExp) => {
      if (typeof expected === 'string' ? found !== expected : !expected.test(found))
        problems.push(`${what}: ${found}`)
    }
    expect('The version', await majorOf(scene), '17')
    const since = Date.parse(`${scene.before.replace(' ', 'T').slice(0, 19)}Z`) / 1000
    const taken = (await backups(scene)).filter(({ began }) => began >= since).map(({ what }) => what)
    expect('The newest backup since', `${taken.at(-1)}`, 'full of 17')
    // Of each version: the old one could have been restored if all else had failed.
    expect('The first backup since', `${taken.at(0)}`, / of 15$/)
    scene.notes.taken = String(taken.length)
    expect(
      'The way back',
      await exec('db', 'bash', '-c', `cat ${home}/replaced-*/PG_VERSION | sort -n | head -n 1`),
      '15',
    )
    const statistics = await ask(
      scene,
      "select count(*) from pg_statistic s join pg_class c on c.oid = s.starelid where c.relname = 'books'",
    )
    expect('Statistics of books', statistics, /^[1-9]/)
    expect(
      'The scheduler’s role',
      await ask(scene, "select pg_has_role('scheduler', 'pg_maintain', 'member')"),
      't',
    )
    expect(
      'Extensions of the old version',
      await ask(
        scene,
        'select count(*) from pg_available_extensions where installed_version <> default_version',
      ),
      '0',
    )
    // For the next play. What the upgraded cluster has was compared before this.
    await goBack(scene)
    if (problems.length > 0) throw new Error(problems.join('; '))
  },
  // Counted before this scene went back.
  async atOnce({ notes }) {
    if (notes.taken !== '2') throw new Error(`Backups since: ${notes.taken}`)
  },
  mutants: true,
})

/** As it was: that version, its directory the one that is served, and nothing beside it. */
async function staysOld(scene: Scene): Promise<void> {
  if ((await majorOf(scene)) !== '15') throw new Error('The old version is not served.')
  const [info] = JSON.parse(await scene.exec('db', 'pgbackrest', 'info', '--output=json'))
  if (info.db.at(-1).version !== '15') throw new Error('The repository takes no log of the old version.')
  await scene.exec('db', 'archive-now')
}

twin('upgrade-postgres', {
  twin: 'A column has a type whose stored form the new version does not read',
  before,
  break: ({ sql }) => sql`create table drill.permissions (allowed aclitem)`,
  async mend(scene) {
    await staysOld(scene)
    await ask(scene, 'drop table drill.permissions')
  },
  message: /aclitem/,
})

twin('upgrade-postgres', {
  twin: 'The volume has no room for a second copy',
  before,
  // All but 100 MiB.
  break: ({ exec }) =>
    exec(
      'db',
      'bash',
      '-c',
      `head -c "$(($(df --output=avail -B1 ${home} | tail -n 1) - 100 * 1024 * 1024))" /dev/zero >${home}/somebody.tar`,
    ),
  async mend(scene) {
    await scene.run('db-tools', 'rm', `${home}/somebody.tar`)
    await staysOld(scene)
  },
  message: /There is no room for a second copy of the data/,
})

const authors = new Map<string, Author>()

/** Found out when the new version is served: going back must bring the old one back, and its archive. */
twin('upgrade-postgres', {
  twin: 'The application cannot read its files',
  before,
  async break(scene) {
    await inSecrets(scene, 'cd /run/secrets/app && mv s3-secret-key kept && echo wrong >s3-secret-key')
    authors.set(scene.stack.name, await startWriting(scene))
  },
  async mend(scene) {
    await authors.get(scene.stack.name)?.stop()
    await inSecrets(scene, 'cd /run/secrets/app && mv kept s3-secret-key')
    const running = await scene.stack.compose(['ps', '--status', 'running', '--quiet', 'app'])
    if (running) await scene.stack.compose(['restart', 'app'])
    await staysOld(scene)
  },
  message: /SignatureDoesNotMatch|signature|denied|403/i,
  mutants: true,
})

mayLack('upgrade-postgres', {
  command: 'recovery-ended',
  why: 'What follows is tried again until the database answers. The step says to the operator when that is.',
})
mayLack('upgrade-postgres', {
  command: 'app:3000/readyz',
  why: 'It waits until users are served. It tells when the maintenance is over.',
})
mayLack('upgrade-postgres', {
  command: 'pgbackrest check',
  why: 'A backup whose log does not arrive fails, too. The check says so within seconds, and before.',
})
mayLack('upgrade-postgres', {
  command: 'archive-now 600',
  why: 'PostgreSQL archives the last log when it is stopped, and “Upgrade beside” hands over what it could not. This finds out earlier.',
})
mayLack('upgrade-postgres', { command: 'pgbackrest info', why: 'It only lists.' })
mayLack('upgrade-postgres', {
  command: 'db record-contents',
  why: 'An upgrade reads no record. “Verify a backup” refuses a backup without it: that is for its drill.',
})
mayLack('upgrade-postgres', {
  command: 'docker compose up -d --no-deps --no-recreate db',
  undo: true,
  why: 'The next undo, `docker compose start app`, starts what the application depends on, too.',
})
