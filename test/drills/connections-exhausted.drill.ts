import { setTimeout as sleep } from 'node:timers/promises'
import { reports } from './reports.ts'
import { drill, mayLack, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

/** Not the tools' own session: it rests between two questions, so that the runbook may end it. */
const ask = ({ exec }: Tools, text: string) => exec('db', 'psql', '-XAtqd', 'app', '-c', text)

async function stopReports(scene: Tools): Promise<void> {
  // Only if it still is one: a number that is used again may be the database's.
  const stop =
    'for each in $(cat /tmp/reports); do ! grep -qs pgbench "/proc/$each/comm" || kill -KILL "$each"; done; rm /tmp/reports'
  await scene.exec('db', 'sh', '-c', stop)
  await ask(
    scene,
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nightly-report'",
  )
}

/** Sessions that rest as long as those of the reports and must not be ended: of the scheduler and of a backup. */
async function keep(scene: Scene & Tools): Promise<void> {
  const { exec, notes } = scene
  const rest = (name: string) =>
    `(PGAPPNAME='${name}' setsid psql -Xq -c begin -c 'select 1' -c '\\! sleep 200' >/dev/null 2>&1 &)`
  await exec('scheduler', 'sh', '-c', rest('kept'))
  await exec('db', 'sh', '-c', rest('pgBackRest [backup]'))
  for (let left = 50; notes.kept?.split(',').length !== 2; left--) {
    if (left === 0) throw new Error('The sessions that must be kept are not there.')
    await sleep(200)
    notes.kept = await ask(
      scene,
      "select string_agg(pid::text, ',') from pg_stat_activity where state = 'idle in transaction' and application_name in ('kept', 'pgBackRest [backup]')",
    )
  }
}

/** Until users really get errors, and the sessions have rested for long enough. */
async function exhausted({ http }: Tools): Promise<void> {
  for (let left = 40; left > 0; left--) {
    const { status } = await http('/api/books?limit=1', { milliseconds: 15_000 })
    if (status >= 500) return sleep(5000)
    await sleep(500)
  }
  throw new Error('Users are served all the same.')
}

async function verify(scene: Scene & Tools): Promise<void> {
  const { notes } = scene
  await stopReports(scene)
  const mine = `from pg_stat_activity where pid in (${notes.kept})`
  const kept = await ask(scene, `select count(*) ${mine}`)
  await ask(scene, `select pg_terminate_backend(pid) ${mine}`)
  if (kept !== '2') throw new Error(`Of the scheduler’s session and the backup’s only ${kept} are left.`)
}

const params = () => ({ IDLE_SECONDS: '4' })

drill('connections-exhausted', {
  scenario: 'A report leaves transactions open in the pooler',
  prepare: keep,
  async disaster(scene) {
    await scene.exec('db', 'bash', '-c', `${reports} reports pooler:6432 30 'select 1'`)
    await exhausted(scene)
  },
  params,
  limits: { rpo: 0 },
  verify,
  mutants: true,
})

/** The pooler has been started again, and finds no connection that is free. */
drill('connections-exhausted', {
  scenario: 'A report holds every connection of the database',
  prepare: keep,
  async disaster(scene) {
    const { stack, exec } = scene
    await stack.compose(['stop', 'pooler'])
    // As many as there are: a number that is too large fails as a whole. Who counts takes one himself for a moment, and so
    // may whoever asks by himself: none is left when the last was refused several times, with nobody counting.
    const fill = `${reports}
      held() { PGAPPNAME=drill psql -XAtqc "select count(*) from pg_stat_activity where application_name = 'nightly-report'"; }
      size=64 refused=0
      while [ "$refused" -lt 5 ]; do
        had=$(held)
        sleep 0.3
        reports db:5432 "$size" 'select 1'
        sleep 1
        while kill -0 $! 2>/dev/null && [ "$(held)" -lt $((had + size)) ]; do sleep 0.3; done
        if kill -0 $! 2>/dev/null; then refused=0
        elif [ "$size" -gt 1 ]; then size=$((size / 2)); sleep 1
        else refused=$((refused + 1)); fi
      done`
    await exec('db', 'bash', '-c', fill)
    await stack.compose(['start', 'pooler'])
    await exhausted(scene)
    // What is kept for them is: both the scheduler and an operator get in.
    const beats = "select at > now() - interval '20 s' from operations.heartbeat"
    const answer = await exec('toolbox', 'psql', '-XAtq', '-c', beats)
    if (answer !== 't') throw new Error('The scheduler got no connection.')
  },
  params,
  limits: { rpo: 0 },
  verify,
})

twin('connections-exhausted', {
  twin: 'All sessions are at work',
  async break(scene) {
    await scene.exec('db', 'bash', '-c', `${reports} reports pooler:6432 30 'select pg_sleep(250)'`)
    await exhausted(scene)
  },
  mend: stopReports,
  params,
  message: /No session that may be ended has been idle for longer than 4 s/,
})

twin('connections-exhausted', {
  twin: 'Nobody rests',
  async break() {},
  async mend() {},
  message: /No session that may be ended has been idle for longer than 60 s/,
})

mayLack('connections-exhausted', { command: 'connection-holders', why: 'It only shows.' })
mayLack('connections-exhausted', {
  command: 'end-idle-sessions --list',
  why: 'It only shows, and stops if there is nothing to end: then nothing is ended, either.',
})
mayLack('connections-exhausted', {
  command: 'api/books',
  why: 'It waits until users are served, which happens by itself.',
})
