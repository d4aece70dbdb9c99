import { drill, inSecrets, scratchFiles, type Tools, twin } from './stack.ts'

const destination = 'store:far/exports'

/** Lines that pg_restore writes for the rows of a table, read from the dump itself. */
const rowsIn = ({ exec }: Pick<Tools, 'exec'>, table: string) =>
  exec(
    'toolbox',
    'bash',
    '-c',
    `set -o pipefail; cd /var/lib/scheduler; read-dump ${destination} | tar -xO dump >drill.dump;
     pg_restore --data-only --table=${table} --file=- drill.dump | sed -n '/^COPY/,/^[\\]/p' | sed '1d;$d' | wc -l; rm drill.dump`,
  ).then((text) => Number(text.trim()))

const exports = ({ exec }: Pick<Tools, 'exec'>) => exec('toolbox', 'rclone', 'lsf', destination)

/** Another bucket, empty; a second creation changes nothing. */
async function farStore({ exec }: Pick<Tools, 'exec'>): Promise<void> {
  await exec('toolbox', 'env', 'ASSETS_BUCKET=far', 'assets-request', 'PUT', '')
  await exec('toolbox', 'rclone', 'delete', destination)
}

drill('export', {
  scenario: 'The database is exported while users write',
  prepare: farStore,
  async disaster() {},
  params: () => ({ DESTINATION: destination }),
  limits: { rto: 0, rpo: 0 },
  async verify(scene) {
    const files = (await exports(scene)).split('\n').map((name) => name.replace(/^[^.]*/, ''))
    if (files.sort().join(' ') !== '.dump.age .json') throw new Error(`Found in the far store: ${files}`)
    const books = await rowsIn(scene, 'books')
    if (books !== 200) throw new Error(`The dump holds ${books} of 200 books.`)
    if ((await rowsIn(scene, 'ledger')) < 40) throw new Error('The dump lacks rows of the ledger.')
    const left = await scratchFiles(scene)
    if (left) throw new Error(`The loaded copy was not removed: ${left.slice(0, 200)}`)
  },
  mutants: true,
})

twin('export', {
  twin: 'The far store does not exist',
  async break() {},
  async mend() {},
  params: () => ({ DESTINATION: 'store:nowhere/exports' }),
  message: /store:nowhere\/exports does not take the dump/,
})

/** It is taken, but nobody could read it: it must not stay. */
twin('export', {
  twin: 'The key that reads the dump is another one',
  async break(scene) {
    await farStore(scene)
    await inSecrets(scene, 'age-keygen > /tmp/key 2>/dev/null; cat /tmp/key > /run/secrets/toolbox/dump.key')
  },
  async mend(scene) {
    await scene.stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets'])
    const left = await exports(scene).catch(() => '')
    if (left) throw new Error(`A dump that cannot be read was kept: ${left}`)
  },
  params: () => ({ DESTINATION: destination }),
  message: /cannot be decrypted with this environment's key/,
})

/** Nothing that a dump could hold. */
twin('export', {
  twin: 'A table is locked by a migration that hangs',
  async break({ exec }) {
    await exec(
      'toolbox',
      'bash',
      '-c',
      `(psql -Xq -c 'begin; lock table operations.environment in access exclusive mode; select pg_sleep(60)' >/dev/null 2>&1 &)
       sleep 2`,
    )
  },
  async mend({ sql }) {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`
  },
  params: () => ({ DESTINATION: destination }),
  message: /The dump failed\. Nothing was kept/,
})
