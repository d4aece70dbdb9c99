import { setTimeout as sleep } from 'node:timers/promises'
import { type Author, startWriting } from './author.ts'
import { asMoment, drill, flipBackup, inSecrets, mayLack, type Tools, twin } from './stack.ts'

/**
 * What the stack promises: the archive is closed every minute, and an upload takes a while. The time to recover is
 * held against the runbook's own objective: two stacks at once on a busy machine say little about its speed.
 */
const limits = { rpo: 75 }

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['verify']>>[0]

/** SQL's clock, as a moment that the runbook takes. */
const now = ({ sql }: Tools) => sql`select ${asMoment('clock_timestamp()')}`

/** What a restore leaves besides the data: a full backup of the new history. */
async function verify({ exec, before }: Scene & Tools): Promise<void> {
  const [{ backup }] = JSON.parse(await exec('db', 'pgbackrest', 'info', '--output=json'))
  const { type, timestamp } = backup.at(-1)
  const began = new Date(timestamp.start * 1000).toISOString()
  if (type !== 'full' || began < before.replace(' ', 'T'))
    throw new Error(`The newest backup is ${type}, of ${began}; expected a full one since ${before}.`)
}

drill('restore', {
  scenario: 'A table is dropped by mistake',
  disaster: ({ sql }) => sql`drop table books cascade`,
  params: ({ before }) => ({ RESTORE_TO: before }),
  moment: ({ before }) => before,
  verify,
  limits,
  mutants: true,
  sample: 'always',
})

/** Nothing of the cluster is left, so what had not been archived is gone: the worst moment is just before a switch. */
drill('restore', {
  scenario: 'The data directory is destroyed',
  phases: [5, 30, 59].map((seconds) => ({
    name: `${seconds} s after a WAL switch`,
    async reach({ sql }) {
      await sql`select pg_switch_wal()`
      await sleep(seconds * 1000)
    },
  })),
  async disaster({ stack, run }) {
    await stack.compose(['kill', 'db'])
    await run('db-tools', 'rm', '-rf', '/var/lib/postgresql/main')
    // The engine starts it again, as it would by itself.
    await stack.compose(['start', 'db'])
  },
  limits,
})

/** What was not archived is still in `pg_wal`: not one row may be lost. */
drill('restore', {
  scenario: 'The data files are destroyed, the write-ahead log is not',
  async disaster({ stack, run }) {
    await stack.compose(['kill', 'db'])
    await run('db-tools', 'rm', '-rf', '/var/lib/postgresql/main/base', '/var/lib/postgresql/main/global')
    await stack.compose(['start', 'db'])
  },
  verify,
  limits: { ...limits, rpo: 0 },
  mutants: true,
})

/** Gives the database's roles new passwords, as `rotate-secrets` does. The application reads them when it starts. */
async function rotateDatabase({ run, stack }: Tools & { stack: Scene['stack'] }): Promise<void> {
  await run('secrets', 'rotate-secrets', 'begin', 'database')
  await run('db-tools', 'database-secret', 'change')
  await run('secrets', 'rotate-secrets', 'promote')
  await run('secrets', 'rotate-secrets', 'end')
  await stack.compose(['kill', '-s', 'HUP', 'pooler'])
}

/** The passwords are others since that moment: the application could not sign in with those that come back. */
drill('restore', {
  scenario: 'A bad change is found while users go on writing',
  async prepare(context) {
    context.notes.moment = await now(context)
    await rotateDatabase(context)
    await context.ledger.written(60)
  },
  disaster: ({ sql }) => sql`update books set title = 'Untitled'`,
  params: ({ notes }) => ({ RESTORE_TO: notes.moment ?? '' }),
  moment: ({ notes }) => notes.moment ?? '',
  limits,
})

/** The later moment lies on the timeline that the first restore has left. */
drill('restore', {
  scenario: 'The first restore went too far back',
  async prepare(context) {
    context.notes.early = await now(context)
    await context.ledger.written(40)
    context.notes.late = await now(context)
    await context.ledger.written(20)
    await context.sql`drop table books cascade`
    await context.play({ RESTORE_TO: context.notes.early })
    await context.ledger.written(20)
  },
  async disaster() {},
  params: ({ notes }) => ({ RESTORE_TO: notes.late ?? '' }),
  moment: ({ notes }) => notes.late ?? '',
  verify,
  limits,
})

twin('restore', {
  twin: 'The moment is in the future',
  async break() {},
  async mend() {},
  params: () => ({ RESTORE_TO: '2199-01-01 00:00:00+00' }),
  message: /2199-01-01/,
})

twin('restore', {
  twin: 'The key of the store is wrong',
  break: (context) =>
    inSecrets(
      context,
      "sed -i 's/^repo1-s3-key-secret=.*/repo1-s3-key-secret=wrong/' /run/secrets/db/pgbackrest.d/repo1.conf",
    ),
  // Writes whatever is not as it must be.
  mend: ({ stack }) => stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets']),
  params: ({ before }) => ({ RESTORE_TO: before }),
  message: /store|SignatureDoesNotMatch|denied|403/i,
})

const authors = new Map<string, Author>()

/** Found out when the clusters have been swapped: going back must bring the old one back. */
twin('restore', {
  twin: 'The application cannot read its files',
  async break(context) {
    await inSecrets(context, 'cd /run/secrets/app && mv s3-secret-key kept && echo wrong >s3-secret-key')
    authors.set(context.stack.name, await startWriting(context))
  },
  async mend(context) {
    // What users write while the restored database is not yet found good would be lost on the way back.
    await authors.get(context.stack.name)?.stop()
    await inSecrets(context, 'cd /run/secrets/app && mv kept s3-secret-key')
    // Only if it runs: to start it again was the runbook's work.
    const running = await context.stack.compose(['ps', '--status', 'running', '--quiet', 'app'])
    if (running) await context.stack.compose(['restart', 'app'])
  },
  params: ({ before }) => ({ RESTORE_TO: before }),
  message: /SignatureDoesNotMatch|signature|denied|403/i,
  mutants: true,
})

twin('restore', {
  twin: 'The stanza is missing',
  // Without the scheduler, which would begin a new stanza with a new backup, and then that can be restored.
  async break({ stack, exec }) {
    await stack.compose(['stop', 'scheduler'])
    await exec('toolbox', 'rclone', 'move', 'store:backups/pgbackrest', 'store:backups/elsewhere')
  },
  async mend({ stack, exec }) {
    await exec('toolbox', 'rclone', 'move', 'store:backups/elsewhere', 'store:backups/pgbackrest')
    await stack.compose(['start', 'scheduler'])
  },
  message: /stanza|no backup/i,
})

twin('restore', {
  twin: 'Bytes of the backup are flipped',
  break: flipBackup,
  message: /checksum|corrupt|decompress|cipher|decrypt|unable to restore|restore/i,
  mutants: true,
})

mayLack('restore', {
  command: 'db archive-now',
  why: 'What the repository lacks is salvaged from the old cluster later. To archive it first protects from losing that cluster, too, before the restore has ended: two disasters at once, which is not drilled.',
})
mayLack('restore', { command: 'echo ', why: 'It only tells the operator what comes next.' })
mayLack('restore', {
  command: 'docker compose up -d --no-deps --no-recreate db',
  undo: true,
  why: 'The next undo, `docker compose start app`, starts what the application depends on, too.',
})
mayLack('restore', {
  command: 'recovery-ended',
  why: 'What follows is tried again until the database answers. The step says to the operator when that is.',
})
mayLack('restore', {
  command: 'app:3000/readyz',
  why: 'It waits until users are served; the backup that follows does not need them. It tells when the incident is over.',
})
mayLack('restore', {
  command: 'db record-contents',
  why: 'A restore reads no record. “Verify a backup” refuses a backup without it: that is for its drill.',
})
mayLack('restore', {
  command: 'pgbackrest check',
  why: 'A backup whose log does not arrive fails, too. The check says so within seconds, and before.',
})
mayLack('restore', { command: 'pgbackrest info', why: 'It only lists.' })
mayLack('restore', { command: 'remove-replaced', why: 'Older replaced clusters only take room.' })
