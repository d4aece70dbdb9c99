/**
 * What drills must know about this stack: how to reach its database, its objects and its application. Everything
 * goes through the compose file's own services, so that a drill opens no port that production does not have.
 */
import { createHash, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { type Digest, drills, type LedgerStore, type Lines, openLines, type Stack, type System } from '#drill'
import { stateOf } from './state.ts'

export interface Tools {
  /** Runs one statement as the operator does, and resolves to its rows, columns separated by `|`. */
  sql(text: TemplateStringsArray, ...values: (string | number)[]): Promise<string>
  /** Asks the application, from outside and through the proxy. */
  http(path: string, asking?: Asking): Promise<Answer>
  /** Runs a program in a container that is up. */
  exec(service: string, ...command: string[]): Promise<string>
  /** Runs a program in a new container of a service. */
  run(service: string, ...command: string[]): Promise<string>
}

export interface Asking {
  method?: string
  /** Sent as JSON. */
  body?: object
  cookie?: string
  /** How long to wait for the answer. Default: two seconds. */
  milliseconds?: number
}

export interface Answer {
  status: number
  body: string
  headers: { [name: string]: string | string[] | undefined }
  /** `name=value` of each cookie that is set. */
  cookies: string[]
}

/** Ends the answer to a request that was fed into psql. */
const end = 'drill-answer-ends'
const psql = ['exec', '-T', 'toolbox', 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1']
/** A restore begins a new timeline, an upgrade a new system. */
const history =
  "(select system_identifier from pg_control_system()) || '-' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)"
/** As milliseconds since 1970, with the microseconds that PostgreSQL has. */
const began = "(extract(epoch from now()) * 1000)::text || ' ' || lineage"
/** Connects as soon as the database takes writes, and not before. */
const whenWritable = `for try in $(seq 600); do
  [ "$(psql -XAtq -c 'select pg_is_in_recovery()' 2>/dev/null)" = f ] && exec psql -XAtq -v ON_ERROR_STOP=1
  sleep 0.2
done
exit 1`

export const system: System<Tools> = {
  compose: 'stack/compose.yaml',
  environment: {
    from: 'environments/sandbox.env',
    async entries(port) {
      const https = await port()
      return {
        HTTPS_PORT: `127.0.0.1:${https}`,
        HTTP_PORT: `127.0.0.1:${await port()}`,
        APP_URL: `https://localhost:${https}`,
        // Each check is a process in a container: every two seconds, nine of them cost half a core.
        HEALTH_INTERVAL: '5s',
        // What a runbook must not show: every command has it in its environment.
        CANARY_TOKEN: `canary-${randomUUID()}`,
      }
    },
  },

  async prepare(stack) {
    await stack.compose(['run', '--rm', '--no-deps', '-T', 'app', 'seed'])
  },

  async tools(stack) {
    const lines = openPsql(stack)
    return {
      sql: (text, ...values) => ask(lines, String.raw({ raw: text }, ...values)),
      http: (path, asking) => http(stack, path, asking),
      exec: (service, ...command) => stack.compose(['exec', '-T', service, ...command]),
      run: (service, ...command) => stack.compose(['run', '--rm', '--no-deps', '-T', service, ...command]),
      close: () => lines.close(),
    }
  },

  ledger(stack): LedgerStore {
    return {
      async create() {
        await query(
          stack,
          `drop schema if exists drill cascade; create schema drill;
           create table drill.ledger (n integer primary key, payload text not null, lineage text not null)`,
        )
      },
      async connect() {
        const lines = openLines('docker', ['compose', 'exec', '-T', 'toolbox', 'sh', '-c', whenWritable], {
          cwd: stack.root,
          env: stack.env,
          end,
        })
        await lines.ask(`\\echo ${end}\n`)
        return {
          async write({ n, payload, holdSeconds }) {
            const insert = `insert into drill.ledger values (${n}, '${payload}', ${history}) returning ${began};`
            const held = `begin; ${insert} select pg_sleep(${holdSeconds.toFixed(3)}); commit;`
            const answer = await lines.ask(`${holdSeconds > 0 ? held : insert}\n\\echo ${end}\n`)
            const [time = '', lineage = ''] = (answer.split('\n')[0] ?? '').split(' ')
            return { began: Number(time), lineage }
          },
          close: () => lines.close(),
        }
      },
      async rows() {
        const text = await query(
          stack,
          "select n, encode(sha256(payload::bytea), 'hex'), lineage from drill.ledger order by n",
        )
        return text
          .split('\n')
          .filter(Boolean)
          .map((line) => {
            const [n, hash = '', lineage = ''] = line.split('|')
            return { n: Number(n), hash, lineage }
          })
      },
      lineage: () => query(stack, `select ${history}`),
    }
  },

  async serving(stack) {
    // Five seconds: on a busy machine a good answer may be slow, and only its time of asking counts.
    const { status, body } = await http(stack, '/api/books?limit=1', { milliseconds: 5000 })
    if (status !== 200) throw new Error(`status ${status}`)
    return body.includes('"title"')
  },

  now: (stack) => query(stack, `select ${asMoment('clock_timestamp()')}`),

  async tables(stack) {
    const text = await query(
      stack,
      `select format('select %L, count(*) || '' '' || coalesce(md5(string_agg(t::text, chr(10) order by t::text)), '''') from %s t', c.oid::regclass, c.oid::regclass)
       from pg_class c join pg_namespace s on s.oid = c.relnamespace
       where c.relkind = 'r' and s.nspname !~ '^pg_|^information_schema$|^drill$' and c.oid::regclass::text <> 'operations.heartbeat'
       order by 1 \\gexec`,
    )
    return digest(text, '|')
  },

  /** As the store lists them, and as users get them: every byte is read. */
  async objects(stack) {
    const listed = ['lsf', '-R', '--files-only', '--format', 'ph', '--hash', 'MD5', 'store:assets']
    const objects = digest(await stack.compose(['exec', '-T', 'toolbox', 'rclone', ...listed]), ';')
    const shelf = await shelfOf(stack)
    const covers = await coversOf(shelf)
    const hashes = await shelf.hashes(covers)
    for (const [at, path] of covers.entries()) objects[path] = hashes[at] ?? 'none'
    return objects
  },

  databaseBytes: async (stack) =>
    Number(await query(stack, 'select sum(pg_database_size(oid)) from pg_database')),

  async versions(stack) {
    const [postgres, pgbackrest, redis] = await Promise.all([
      query(stack, 'show server_version'),
      stack.compose(['exec', '-T', 'db', 'pgbackrest', 'version']),
      stack.compose(['exec', '-T', 'cache', 'redis-server', '--version']),
    ])
    return {
      postgres: postgres.split(' ')[0] ?? '',
      pgbackrest: pgbackrest.replace(/^pgBackRest /, ''),
      redis: /v=(\S+)/.exec(redis)?.[1] ?? '',
    }
  },

  async state(stack) {
    return { ...(await system.tables(stack)), ...(await stateOf(stack, (text) => query(stack, text))) }
  },

  /** Each secret of the stack as it was made, and the canary of the environment's file. Certificates are public. */
  async secrets(stack) {
    const list = `cd /run/secrets/.source && find . -type f ! -name '*.crt' -exec sh -c 'echo "$1 $(base64 -w0 "$1")"' - {} ';'`
    const run = ['run', '--rm', '--no-deps', '-T', '--entrypoint', 'sh', 'secrets', '-c', list]
    const lines = (await stack.compose(run)).split('\n').filter(Boolean)
    const found = lines.map((line) => {
      const [name = '', value = ''] = line.split(' ')
      return [name.replace('./', ''), Buffer.from(value, 'base64').toString('utf8')]
    })
    if (found.length === 0) throw new Error('The stack has no secrets to look for.')
    return { ...Object.fromEntries(found), canary: stack.entries.CANARY_TOKEN ?? '' }
  },
}

export const { drill, twin, mayLack } = drills(system)

/** A moment as PostgreSQL shows it and as a runbook takes it: UTC, microseconds. */
export function asMoment(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'`
}

/** Runs a script as root in the volume that the services only read. */
export const inSecrets = ({ stack }: { stack: Stack }, script: string): Promise<string> =>
  stack.compose(['run', '--rm', '--no-deps', '-T', '--entrypoint', 'sh', 'secrets', '-c', script])

/** Every file of the write-ahead log in the backup repository, and the timelines that they belong to. */
export async function repositoryLog({ stack }: { stack: Stack }) {
  const list = [
    'exec',
    '-T',
    'toolbox',
    'rclone',
    'lsf',
    '-R',
    '--files-only',
    'store:backups/pgbackrest/archive',
  ]
  const files = (await stack.compose(list)).split('\n').filter((file) => !file.includes('archive.info'))
  const timelines = new Set(files.map((file) => (file.split('/').at(-1) ?? '').slice(0, 8)))
  return { files: files.sort(), timelines: [...timelines].sort() }
}

/** Of every file of the newest backup some bytes in the middle, so that it is not the headers that give it away. */
const flip = `set -eu
backup=store:backups/pgbackrest/backup/main
label=$(rclone lsf --dirs-only "$backup" | grep -E '^[0-9]{8}-' | sort | tail -n 1)
cd "$(mktemp -d)"
rclone copy "$backup/$label" . --exclude 'backup.manifest*'
find . -type f -size +1k | while read -r file; do
  middle=$(($(stat -c %s "$file") / 2))
  dd if=/dev/urandom of="$file" bs=1 seek="$middle" count=64 conv=notrunc status=none
done
rclone copy . "$backup/$label" --ignore-times --s3-no-check-bucket`

export const flipBackup = ({ exec }: Pick<Tools, 'exec'>): Promise<string> =>
  exec('toolbox', 'bash', '-c', flip)

/** Fails unless the repository has the log that it had (as JSON, from `repositoryLog`), and only more of the same. */
export async function checkRepositoryLog(scene: { stack: Stack }, before: string): Promise<void> {
  const had = JSON.parse(before) as Awaited<ReturnType<typeof repositoryLog>>
  const has = await repositoryLog(scene)
  const lost = had.files.filter((file) => !has.files.includes(file))
  if (lost.length > 0) throw new Error(`The repository’s write-ahead log lacks ${lost[0]}, which it had.`)
  if (has.timelines.join() !== had.timelines.join())
    throw new Error(`The repository has other timelines: ${had.timelines} → ${has.timelines}`)
}

/** What lies in the scratch volume. */
export const scratchFiles = ({ exec }: Pick<Tools, 'exec'>): Promise<string> =>
  exec('db', 'find', '/var/lib/scratch', '-mindepth', '1', '-not', '-name', 'lock')

async function query(stack: Stack, text: string): Promise<string> {
  return (await stack.compose(psql, { input: text })).trim()
}

/** A connection that lasts, opened when it is first needed. A database that went away costs one more. */
function openPsql(stack: Stack): { lines(): Lines; drop(): void; close(): Promise<void> } {
  let lines: Lines | undefined
  return {
    lines: () =>
      (lines ??= openLines('docker', ['compose', ...psql], { cwd: stack.root, env: stack.env, end })),
    drop: () => {
      lines = undefined
    },
    close: async () => lines?.close(),
  }
}

async function ask(psql: ReturnType<typeof openPsql>, text: string): Promise<string> {
  try {
    return await psql.lines().ask(`${text.replaceAll('\n', ' ')};\n\\echo ${end}\n`)
  } catch (error) {
    psql.drop()
    throw error
  }
}

interface Shelf {
  /** A page of the list of books, as JSON. */
  page(path: string): Promise<string>
  /** Of each cover the SHA-256, or which status came instead. */
  hashes(paths: string[]): Promise<string[]>
}

/** As users see it; while maintenance is on, when they see nothing, as the proxy would. */
async function shelfOf(stack: Stack): Promise<Shelf> {
  const { status, headers } = await http(stack, '/', patient)
  return status === 503 && headers['retry-after'] ? shelfInside(stack) : shelfOfUsers(stack)
}

/** For what is only compared: whether it is quick is measured elsewhere. */
const patient: Asking = { milliseconds: 20_000 }

function shelfOfUsers(stack: Stack): Shelf {
  return {
    async page(path) {
      for (let tries = 4; ; tries--) {
        const { status, headers, body } = await http(stack, path, patient)
        if (status === 200) return body
        const wait = Number(headers['retry-after'])
        if (!wait || tries === 1) throw new Error(`The shelf cannot be read: status ${status}`)
        await delay(wait * 1000)
      }
    },
    async hashes(paths) {
      const hashes: string[] = []
      for (let at = 0; at < paths.length; at += 8) {
        const some = paths.slice(at, at + 8).map(async (path) => {
          const { status, body } = await http(stack, path, patient)
          return status === 200
            ? createHash('sha256').update(body, 'latin1').digest('hex')
            : `status ${status}`
        })
        hashes.push(...(await Promise.all(some)))
      }
      return hashes
    },
  }
}

/** In one command: each is a process in a container. */
function shelfInside(stack: Stack): Shelf {
  const ask = (script: string, input: string) =>
    stack.compose(['exec', '-T', 'toolbox', 'sh', '-c', script], { input })
  const curl = 'curl -sSf "http://app:3000$path"'
  return {
    page: (path) => ask(`read -r path; ${curl}`, `${path}\n`),
    hashes: async (paths) =>
      (
        await ask(`while read -r path; do ${curl} | sha256sum | cut -c1-64; done`, `${paths.join('\n')}\n`)
      ).split('\n'),
  }
}

/** The address of every cover on the shelf. */
async function coversOf(shelf: Shelf): Promise<string[]> {
  const covers: string[] = []
  for (let next: string | null = ''; next !== null; ) {
    const body = await shelf.page(`/api/books?limit=100${next && `&after=${next}`}`)
    const page = JSON.parse(body) as { books: { cover: { url: string } | null }[]; next: string | null }
    covers.push(...page.books.flatMap(({ cover }) => (cover ? [cover.url] : [])))
    next = page.next
  }
  return covers
}

function digest(text: string, separator: string): Digest {
  return Object.fromEntries(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const at = line.indexOf(separator)
        return [line.slice(0, at), line.slice(at + separator.length)]
      }),
  )
}

/** The sandbox's certificate is from an authority of its own; who it is, is not what a drill is about. */
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 16 })

function http(
  stack: Stack,
  path: string,
  { method = 'GET', body, cookie, milliseconds = 2000 }: Asking = {},
): Promise<Answer> {
  const [host = '', port] = (stack.entries.HTTPS_PORT ?? '').split(':')
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ agent, host, port, method, path, timeout: milliseconds, servername: 'localhost' },
        headers: {
          host: 'localhost',
          ...(cookie && { cookie }),
          ...(body && { 'content-type': 'application/json' }),
        },
      },
      (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (data: Buffer) => parts.push(data))
        // Covers are bytes, not text: latin1 keeps each.
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(parts).toString('latin1'),
            cookies: (answer.headers['set-cookie'] ?? []).map((each) => each.replace(/;.*/s, '')),
          }),
        )
        answer.on('error', reject)
      },
    )
    asked.on('timeout', () => asked.destroy(new Error('no answer')))
    asked.on('error', reject)
    asked.end(body && JSON.stringify(body))
  })
}
