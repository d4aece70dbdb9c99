import {
  backups,
  onOldVersion as before,
  home,
  majorOf,
  onNewVersion,
  type Scene,
  upgrade,
} from './postgres-versions.ts'
import { drill, mayLack, twin } from './stack.ts'

drill('downgrade-postgres', {
  scenario: 'Users have written to the new version, and must go back to the old one all the same',
  before,
  async prepare(scene) {
    scene.notes.between = await upgrade(scene)
    await scene.exec('db', 'take-backup', 'full')
    await scene.ledger.written(20)
  },
  async disaster() {},
  params: () => ({ DISCARD: 'yes' }),
  // What the old version held when it was stopped, and nothing that was written to the new one.
  moment: ({ notes }) => notes.between ?? '',
  async verify(scene) {
    const { exec } = scene
    const problems: string[] = []
    if ((await majorOf(scene)) !== '15') problems.push(`The version is ${await majorOf(scene)}.`)
    const taken = (await backups(scene)).map(({ what }) => what)
    if (taken.at(-1) !== 'full of 15') problems.push(`The newest backup is a ${taken.at(-1)}.`)
    const newer = taken.findLast((what) => what.endsWith(' of 17'))
    if (newer !== 'diff of 17') problems.push(`The newest of the new version is a ${newer}.`)
    const kept = await exec('db', 'cat', `${home}/restored/PG_VERSION`)
    if (kept.trim() !== '17') problems.push(`Kept beside is ${kept}`)
    if (problems.length > 0) throw new Error(problems.join('; '))
  },
  async atOnce(scene) {
    const before = (await backups(scene)).at(-2)?.what
    if (before !== 'diff of 17') throw new Error(`The backup before it is a ${before}.`)
  },
  mutants: true,
})

/** As it was: the new version is served, and its repository takes its log. */
async function staysNew(scene: Scene): Promise<void> {
  if ((await majorOf(scene)) !== '17') throw new Error('The new version is not served any more.')
  await scene.exec('db', 'archive-now')
}

twin('downgrade-postgres', {
  twin: 'Users have written since, and nobody has accepted to lose it',
  before: onNewVersion,
  break: ({ ledger }) => ledger.written(20),
  mend: staysNew,
  message: /All that was written since the upgrade would be lost/,
  mutants: true,
})

twin('downgrade-postgres', {
  twin: 'The old cluster has been removed',
  before: onNewVersion,
  async break(scene) {
    await scene.exec('db', 'bash', '-c', `mkdir ${home}/gone && mv ${home}/replaced-* ${home}/gone`)
  },
  async mend(scene) {
    await scene.exec('db', 'bash', '-c', `mv ${home}/gone/* ${home} && rmdir ${home}/gone`)
    await staysNew(scene)
  },
  params: () => ({ DISCARD: 'yes' }),
  message: /The old cluster has been removed since/,
})

/**
 * This stack was upgraded before anybody used it. It is found out when the old version is served again: going back here must
 * bring the new one, with all that was written.
 */
twin('downgrade-postgres', {
  twin: 'The old cluster does not hold what the application needs',
  before: onNewVersion,
  break: ({ exec }) => exec('db', 'take-backup', 'full'),
  mend: staysNew,
  params: () => ({ DISCARD: 'yes' }),
  message: /relation \\?"books\\?" does not exist/,
  mutants: true,
})

mayLack('downgrade-postgres', {
  command: 'recovery-ended',
  why: 'What follows is tried again until the database answers. The step says to the operator when that is.',
})
mayLack('downgrade-postgres', {
  command: 'app:3000/readyz',
  why: 'It waits until users are served. It tells when the maintenance is over.',
})
mayLack('downgrade-postgres', {
  command: 'pgbackrest check',
  why: 'A backup whose log does not arrive fails, too. The check says so within seconds, and before.',
})
mayLack('downgrade-postgres', {
  command: 'archive-now 600',
  why: 'PostgreSQL archives the last log when it is stopped. This finds out earlier when it cannot.',
})
mayLack('downgrade-postgres', { command: 'pgbackrest info', why: 'It only lists.' })
mayLack('downgrade-postgres', {
  command: 'db record-contents',
  why: 'Going back reads no record. “Verify a backup” refuses a backup without it: that is for its drill.',
})
mayLack('downgrade-postgres', {
  command: 'docker compose up -d --no-deps --no-recreate db',
  undo: true,
  why: 'The next undo, `docker compose start app`, starts what the application depends on, too.',
})
