import { setTimeout as sleep } from 'node:timers/promises'
import { signIn } from './author.ts'
import { inToolbox } from './far-store.ts'
import { breakIn, deletes, letIn, removeIntruder, steal } from './intruder.ts'
import { drill, inSecrets, mayLack, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const marker = '/var/lib/caddy/lockdown'
const patient = { milliseconds: 20_000 }

/** Of each secret that is given anew its hash. */
const secretsOf = (scene: Scene) =>
  inSecrets(scene, 'cd /run/secrets/.source && sha256sum database-* redis-* s3-[abo]* app-secret')

/** What users get, asked for again and again: one letter an answer. `.` is the shelf, `x` the page, `?` anything else. */
interface Users {
  seen(): string
  stop(): Promise<string>
}
const users = new Map<string, Users>()

function ask({ http }: Tools): Users {
  let seen = ''
  let ended = false
  const until = Date.now() + 300_000
  const asking = (async () => {
    for (let n = 0; !ended && Date.now() < until; n++) {
      const path = ['/', '/api/books?limit=1', '/version'][n % 3] as string
      seen += await http(path, patient).then(
        ({ status }) => ({ 200: '.', 503: 'x' })[status] ?? '?',
        () => '?',
      )
      await sleep(100)
    }
  })()
  return {
    seen: () => seen,
    async stop() {
      ended = true
      await asking
      return seen
    },
  }
}

/** What is looked for in which file of the evidence. */
const traces: [file: string, trace: string][] = [
  ['database-sessions.txt', 'who reads this'],
  ['database-sessions.txt', 'application_name *| intruder'],
  ['database-roles.txt', 'app'],
  // What has ended: his own question has not.
  ['database-statements.txt', 'FROM books'],
  ['cache-clients.txt', 'name=intruder'],
  ['cache-sessions.txt', 'reader@example.org'],
  ['cache-state.txt', 'redis_version'],
  ['cache-refused.txt', 'Z'],
  ['logs.txt', 'by=intruder'],
  ['processes.txt', 'sleep 4242'],
  ['application-connections.txt', 'local_address'],
  ['application-files.tar', 'who finds this'],
  ['networks.json', '-intruder-1'],
  ['containers.json', '"Image": "sha256:'],
  ['images.json', 'drillbook/app'],
  ['changed-files.txt', '^[0-9a-f]{64}$'],
  ['files.json', 'covers/'],
  ['backups.json', 'pgbackrest/backup'],
  ['operators.tar', 'lockdown'],
]

/** Reads the newest evidence as somebody would who needs it. Resolves to its address. */
async function readEvidence(tools: Tools): Promise<string> {
  const script = `
    name=$(rclone lsf --files-only --include '*.age' store:backups/evidence | sort | tail -n 1)
    rclone cat "store:backups/evidence/$name" | age --decrypt --identity /run/secrets/toolbox/dump.key | tar --extract
    sha256sum --check --quiet SHA256SUMS
    while (($#)); do
      gzip --decompress --stdout ./*-"$1".gz | grep -caE -e "$2" >/dev/null || echo "$1 does not show «$2»." >&2
      shift 2
    done
    echo "store:backups/evidence/$name"`
  return inToolbox(tools, `{ ${script}; } 2>&1`, ...traces.flat())
}

const status = ({ http }: Tools, path: string, cookie = '') =>
  http(path, { ...patient, cookie }).then((answer) => answer.status)

drill('lockdown', {
  scenario: 'Somebody has broken in',
  async disaster(scene) {
    const { notes, stack } = scene
    notes.secrets = await secretsOf(scene)
    notes.cookie = await signIn(scene)
    const stolen = await breakIn(scene, notes.cookie)
    const found = await letIn(scene, stolen)
    if (found.length < 4) throw new Error(`The intruder is only let in to ${found}.`)
    notes.stolen = JSON.stringify(stolen)
    users.set(stack.name, ask(scene))
    await sleep(1000)
  },
  limits: { rpo: 0 },
  async verify(scene) {
    const { exec, http, notes, stack } = scene
    const seen = (await users.get(stack.name)?.stop()) ?? ''
    if (!/^\.+x{10,}\.+$/.test(seen)) throw new Error(`Users, and whoever else, got: ${seen}`)

    // Each of the doors is shut, and what stood in it is gone.
    const found = await letIn(scene, JSON.parse(notes.stolen ?? ''))
    if (found.length > 0) throw new Error(`With what he stole he is let in to ${found}.`)
    const session = await status(scene, '/api/sessions/current', notes.cookie)
    if (session !== 401) throw new Error(`His session is answered with ${session}.`)
    const connected = await exec(
      'db',
      'psql',
      '-XAtqd',
      'app',
      '-c',
      "select count(*) from pg_stat_activity where application_name = 'intruder'",
    )
    const clients = await exec(
      'toolbox',
      'sh',
      '-c',
      'REDISCLI_AUTH=$(cat /run/secrets/toolbox/redis-password) redis-cli -h cache --user operator --no-auth-warning client list',
    )
    if (connected !== '0' || clients.includes('name=intruder')) throw new Error('He is still connected.')
    const before = new Map(
      (notes.secrets ?? '').split('\n').map((line) => [line.slice(66), line.slice(0, 64)]),
    )
    const after = (await secretsOf(scene)).split('\n')
    const same = after.filter((line) => before.get(line.slice(66)) === line.slice(0, 64))
    if (after.length < 14 || same.length > 0) throw new Error(`As before are ${same}, of ${after.length}.`)
    const left = await inSecrets(scene, 'cd /run/secrets && find . -name "*next-*" -o -name .rotation')
    if (left.trim()) throw new Error(`The rotation has left ${left}`)
    const put = await exec('app', 'sh', '-c', 'ls -A /tmp; cat /proc/[0-9]*/cmdline | tr "\\0" " "')
    if (/intruder|4242/.test(put)) throw new Error(`What he has put into the application is there: ${put}`)

    // What shows that he was there.
    const evidence = await readEvidence(scene)
    if (!/^store:\S+\.age$/.test(evidence)) throw new Error(`The evidence: ${evidence}`)
    const backups = JSON.parse(await exec('db', 'pgbackrest', 'info', '--output=json'))[0].backup as {
      type: string
      annotation?: { evidence?: string; contents?: string }
    }[]
    const kept = backups.filter(({ annotation }) => annotation?.evidence === evidence)
    if (kept.length !== 1 || kept[0]?.type !== 'full' || !kept[0].annotation?.contents)
      throw new Error(`${kept.length} backups belong to the evidence.`)
    const refused = await deletes(scene, await steal(scene), evidence.replace('store:backups/', ''))
    if (refused !== '403') throw new Error(`The application deletes the evidence: ${refused}`)

    // Users sign in again, and read and save.
    const cookie = await signIn(scene)
    const book = { title: 'After the intruder', author: 'A drill' }
    const saved = await http('/api/books', { method: 'POST', body: book, cookie, ...patient })
    if (saved.status !== 201) throw new Error(`Saving is answered with ${saved.status}.`)
    await exec('toolbox', 'psql', '-XAtqc', "delete from books where author = 'A drill'")
    await removeIntruder(scene)
  },
  mutants: true,
})

/** Throws unless it is as it is left when it stops: nobody gets in, no secret is another one, what was found is there. */
async function stillShut(scene: Scene & Tools): Promise<void> {
  for (const path of ['/', '/api/books', '/readyz', '/version'])
    if ((await status(scene, path)) !== 503) throw new Error(`Somebody gets in: ${path}`)
  if ((await secretsOf(scene)) !== scene.notes.secrets) throw new Error('Secrets were changed.')
}

async function openByHand({ stack, exec }: Scene & Tools): Promise<void> {
  await exec('proxy', 'rm', marker)
  await exec('toolbox', 'rm', '-rf', '/var/lib/scheduler/evidence')
  await stack.compose(['unpause', 'app']).catch(() => {})
}

twin('lockdown', {
  twin: 'The evidence cannot be stored',
  async break(scene) {
    scene.notes.secrets = await secretsOf(scene)
    await scene.stack.compose(['stop', 'store'])
  },
  async mend(scene) {
    await stillShut(scene)
    const kept = await scene.exec('toolbox', 'ls', '/var/lib/scheduler/evidence')
    for (const [file] of traces) if (!kept.includes(file)) throw new Error(`${file} was not kept.`)
    const paused = await scene.stack.compose(['ps', '--quiet', '--status', 'paused', 'app'])
    if (paused.split('\n').length < 2) throw new Error('The application is not frozen.')
    await scene.stack.compose(['up', '--detach', '--wait', '--no-deps', 'store'])
    await openByHand(scene)
  },
  message: /The evidence cannot be stored: store:backups\/evidence does not take it/,
  mutants: true,
})

twin('lockdown', {
  twin: 'The evidence is to go where the application may delete',
  async break(scene) {
    scene.notes.secrets = await secretsOf(scene)
  },
  async mend(scene) {
    await stillShut(scene)
    await openByHand(scene)
  },
  params: () => ({ EVIDENCE_TO: 'store:assets/evidence' }),
  message: /In store:assets\/evidence the application may delete/,
})

mayLack('lockdown', { command: 'lockdown-shown', why: 'It only asks; the drill asks the same from outside.' })
mayLack('lockdown', {
  command: 'smoke-version',
  why: 'It only tries the application, which is well in this drill, before users do.',
})
