/** What the stack is like, so far as a runbook may change it: the same at the end, and another runbook may be drilled on it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Digest, Stack } from '#drill'

/** Every part is some lines of text, each of which counts. */
export async function stateOf(stack: Stack, ask: (sql: string) => Promise<string>): Promise<Digest> {
  const inside = (service: string, script: string) =>
    stack.compose(['exec', '-T', service, 'bash', '-c', script])
  const parts: Record<string, Promise<string>> = {
    engine: engine(stack.name),
    environment: Promise.resolve(environment(stack)),
    schema: ask(schema),
    database: inside(
      'db',
      'ls -A -I lock /var/lib/postgresql /var/lib/scratch "$PGDATA"; cat "$PGDATA"/postgresql.auto.conf',
    ),
    toolbox: inside('toolbox', toolbox),
    cache: inside('toolbox', cache),
    proxy: inside('proxy', "cd /var/lib/caddy && find . -type f ! -name '*.lock' | sort"),
    store: inside(
      'store',
      'for what in user bucket; do store-request GET "/admin/metadata/$what"; echo; done',
    ),
  }
  const lines = Object.entries(parts).map(async ([part, text]) =>
    (await text).split('\n').map((line) => [`${part}: ${line.trim()}`, 'is there']),
  )
  return Object.fromEntries((await Promise.all(lines)).flat())
}

/** Containers as they were made and whether they run, volumes, networks: its own, and of what was put beside it. */
async function engine(name: string): Promise<string> {
  const filter = ['--filter', `name=${name}`]
  const container = '{{.Names}} {{.Image}} {{.State}} {{.Label "com.docker.compose.config-hash"}}'
  const asked = await Promise.all([
    execa('docker', ['ps', '--all', ...filter, '--format', container]),
    execa('docker', ['volume', 'ls', ...filter, '--format', '{{.Name}}']),
    execa('docker', ['network', 'ls', ...filter, '--format', '{{.Name}}']),
    execa('docker', [
      'image',
      'ls',
      '--filter',
      `reference=${name}*/*`,
      '--format',
      '{{.Repository}}:{{.Tag}}',
    ]),
  ])
  return asked.map(({ stdout }) => stdout).join('\n')
}

/** The environment’s file but for whose it is, and what lies beside it. */
function environment({ root, name }: Stack): string {
  const folder = join(root, 'environments')
  const files = readdirSync(folder).filter((file) => file.startsWith(name))
  return files
    .flatMap((file) =>
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .slice(1)
        .map((line) => `${file} ${line}`),
    )
    .join('\n')
}

const schema = `
  select 'column ' || concat_ws(' ', table_schema, table_name, column_name, data_type, is_nullable, column_default)
    from information_schema.columns where table_schema !~ '^pg_|^information_schema$|^drill$'
  union all select 'index ' || indexdef from pg_indexes where schemaname !~ '^pg_|^drill$'
  union all select 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint
    where connamespace::regnamespace::text !~ '^pg_|^information_schema$|^drill$'
  union all select 'role ' || concat_ws(' ', rolname, rolcanlogin, rolconnlimit, rolconfig) from pg_roles
  union all select 'setting ' || concat_ws(' ', name, setting) from pg_settings where source not in ('default', 'client', 'session')
  union all select 'database ' || concat_ws(' ', datname, datallowconn, datconnlimit) from pg_database
  union all select 'version ' || version()`

/** Secrets by when they were written; what lies in its volumes but for the journals; every version of every file in the store. */
const toolbox = `find /run/secrets -type f -printf '%P %s %T@\\n' 2>/dev/null
find /var/lib/drillbook /var/lib/scheduler ! -path '*/runs*' ! -name guard.jsonl ! -name .serial ! -name '*.lock' -printf '%p\\n'
assets-versions | jq -c '[.key, .id]'`

/** Who may do what, and what is switched off. Sessions and what is counted for them come and go. */
const cache = `export REDISCLI_AUTH=$(cat /run/secrets/toolbox/redis-password)
redis-cli -h cache --user operator --no-auth-warning acl list
redis-cli -h cache --user operator --no-auth-warning --scan --pattern 'switched-off:*'`
