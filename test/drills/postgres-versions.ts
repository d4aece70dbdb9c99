/** A stack whose database is the older major version, as one that was begun with it: for drills of the upgrade. */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { limitVolumes } from './small-volumes.ts'
import type { drill, Tools } from './stack.ts'

export type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0] & Tools

export const home = '/var/lib/postgresql'

/** As `db-serve` creates a cluster, but for what the older version does not have. */
const create = `set -euo pipefail
new=${home}/initialising socket=$(mktemp -d)
/usr/lib/postgresql/$OLD_MAJOR/bin/initdb -D "$new" --username=postgres --auth-local=peer --auth-host=scram-sha-256 \
  --allow-group-access --data-checksums --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions >/dev/null
pg_ctl -D "$new" -w -s -l "$socket/log" -o "-c config_file=/etc/postgresql/postgresql.conf -c listen_addresses= \
  -c unix_socket_directories=$socket -c archive_mode=off" start || { cat "$socket/log" >&2; exit 1; }
sed -E 's/, (pg_maintain|pg_use_reserved_connections)\\b//g' /etc/postgresql/initialise.sql |
  PGHOST=$socket psql -Xq -v ON_ERROR_STOP=1 -d postgres -v environment="$ENVIRONMENT" -v kind="$ENVIRONMENT_KIND" \
    -v app_password="$(cat /run/secrets/db/app-password)" -v operator_password="$(cat /run/secrets/db/operator-password)"
pg_ctl -D "$new" -w -s -m fast stop
mv -T "$new" "$PGDATA"`

const limit = limitVolumes({ database: '1g' })

/** For `before`. Its volume is small enough to be filled. */
export async function onOldVersion(name: string, root: string): Promise<void> {
  await begin(name, root)
}

/** The same stack, after an upgrade to the new version: the way back is there. */
export async function onNewVersion(name: string, root: string): Promise<void> {
  const tools = await begin(name, root)
  await tools('upgrade-beside')
  await tools('swap-data')
  await tools('pgbackrest', '--no-online', 'stanza-upgrade')
}

async function begin(name: string, root: string): Promise<(...command: string[]) => Promise<unknown>> {
  const file = join(root, 'environments', `${name}.env`)
  const tag = /^IMAGE_TAG='?([^'\n]*)/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 'dev'
  await execa('sh', ['scripts/images', 'db-upgrade'], { cwd: root, env: { IMAGE_TAG: tag } })
  appendFileSync(file, `DB_IMAGE='drillbook/db-upgrade:${tag}'\n`)
  await limit(name)
  const compose = [
    'compose',
    '--project-name',
    name,
    '--env-file',
    file,
    '--file',
    join(root, 'stack/compose.yaml'),
  ]
  const run = [...compose, 'run', '--rm', '--no-deps', '-T']
  const tools = (...command: string[]) => execa('docker', [...run, 'db-tools', ...command])
  await execa('docker', [...compose, 'up', '--detach', '--wait', 'store'])
  // The volume lies in memory: what is in it stays as long as somebody has it. From then on the database does.
  await execa('docker', [...run, '--detach', 'db-tools', 'timeout', '300', 'bash', '-c', untilServed])
  await tools('bash', '-c', create)
  await tools('pgbackrest', '--no-online', 'stanza-create')
  return tools
}

const untilServed = 'until pg_isready -q -h db; do sleep 1; done'

/** In a connection of its own: those from before an upgrade have ended with it. */
export const ask = ({ exec }: Pick<Tools, 'exec'>, query: string) =>
  exec('toolbox', 'psql', '-XAtqc', query).then((text) => text.trim())

export const majorOf = async (tools: Pick<Tools, 'exec'>) =>
  (await ask(tools, 'show server_version')).replace(/\..*/s, '')

/** Every backup that the repository has, the oldest first: what it is, `full of 17`, and when it began, in s since 1970. */
export async function backups({ exec }: Pick<Tools, 'exec'>): Promise<{ what: string; began: number }[]> {
  const [{ backup, db }]: [Repository] = JSON.parse(await exec('db', 'pgbackrest', 'info', '--output=json'))
  return backup.map(({ type, timestamp, database }) => ({
    what: `${type} of ${db.find(({ id }) => id === database.id)?.version}`,
    began: timestamp.start,
  }))
}

interface Repository {
  backup: { type: string; timestamp: { start: number }; database: { id: number } }[]
  db: { id: number; version: string }[]
}

/** Serves the old version again, as it was when the new one took its place, for the next play on this stack. */
export async function goBack({ stack, run, exec }: Scene): Promise<void> {
  await stack.compose(['stop', 'app', 'db'])
  await run('db-tools', 'upgrade-back', '--discard')
  await run('db-tools', 'pgbackrest', '--no-online', 'stanza-upgrade')
  await run('db-tools', 'sh', '-c', `rm -rf ${home}/restored ${home}/restored.verified`)
  await stack.compose(['up', '--detach', '--no-deps', '--no-recreate', '--wait', 'db', 'app'])
  // Its repository has no backup of it yet that its log would belong to.
  await exec('db', 'take-backup', 'full')
}

/** The commands of the runbook, for what begins when the new version serves. Resolves to a moment while neither did. */
export async function upgrade({ stack, run }: Scene): Promise<string> {
  await stack.compose(['stop', 'app', 'db'])
  const between = new Date().toISOString().replace('T', ' ').replace('Z', '+00')
  await run('db-tools', 'upgrade-beside')
  await run('db-tools', 'swap-data')
  await run('db-tools', 'pgbackrest', '--no-online', 'stanza-upgrade')
  await stack.compose(['up', '--detach', '--no-deps', '--no-recreate', '--wait', 'db', 'app'])
  return between
}
