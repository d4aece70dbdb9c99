/** What causes each alert, and what its runbook leaves to the operator. */
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { replaceAuthority, useAuthority, withoutAuthority } from '../authority.ts'
import { ageBackups } from '../old-backups.ts'
import { build, faults, haveLiveName, keepServed, nextVersion } from '../releases.ts'
import { reports } from '../reports.ts'
import { giveMemoryBack, takeMemory } from '../scarce-memory.ts'
import { usedBytes } from '../small-store.ts'
import { logUntil } from '../small-volumes.ts'
import { inSecrets } from '../stack.ts'
import { setChannel, type Watched } from './watched-stack.ts'

export interface Row {
  alert: string
  severity: 'P0' | 'P1' | 'P2'
  /** The monitoring’s clocks go so many times as fast. */
  pace: number
  /**
   * After so many seconds, at the true pace, it must have arrived: the window of its expression, `for`, two looks, and what
   * Alertmanager waits.
   */
  promise: number
  /** Others that must arrive from the same cause, and that lead to the same runbook. */
  also?: string[]
  /** Makes it so, and returns when it is. */
  cause(watched: Watched): Promise<unknown>
  /** It is about nobody being told: it is looked for where it would be sent from. */
  unsent?: boolean
  /** Has the scheduler write its figures again and again, whose own clock keeps its pace. */
  figures?: boolean
  /** Users, so many a second, from the cause to the end. */
  users?: number
  /** Before the runbook: what it says must be so before it is played. */
  before?(watched: Watched): Promise<unknown>
  /** What the alert’s link leaves to the operator. */
  params?(): Record<string, string>
  /** It ends with a no, and says this: what is to be done is then done by `mend`. */
  says?: RegExp
  mend?(watched: Watched): Promise<unknown>
  /** Within so many seconds of that it is over, where it looks far back. Default: 150. */
  over?: number
  /** When it is over, or the way was not gone to its end: what the cause has put beside the stack goes. */
  after?(watched: Watched): Promise<unknown>
}

const stop =
  (...services: string[]) =>
  ({ stack }: Watched) =>
    stack.compose(['stop', ...services])
const start =
  (...services: string[]) =>
  ({ stack }: Watched) =>
    stack.compose(['up', '--detach', '--wait', ...services])

/** A program of the application's role takes so many connections, and forgets them. */
const forget =
  (connections: number) =>
  ({ exec }: Watched) =>
    exec('db', 'bash', '-c', `${reports} reports db:5432 ${connections} 'select 1'`)
/** The runbook ends sessions that have rested for longer than a minute. */
const aMinute = () => sleep(62_000)

/** The version that served before the newest release. */
let former = ''

/** A version with this fault, in place of the one that serves: nobody watched it. */
const release = (fault: string) => async (watched: Watched) => {
  const { stack } = watched
  await haveLiveName(watched)
  former = await keepServed(watched)
  const bad = await build(watched, await nextVersion(watched), [fault])
  await execa('docker', ['tag', bad, stack.entries.APP_IMAGE ?? ''])
  await stack.compose(['up', '--detach', '--no-deps', '--wait', 'app'])
}
const toTheFormer = () => ({ VERSION: former })
/** What the search has shown leads to the release. */
async function rollBack({ play }: Watched): Promise<void> {
  const { exitCode, said } = await play('rollback', { ...toTheFormer(), REASON: 'What the alert led to' })
  if (exitCode !== 0) throw new Error(said)
}

/** Prometheus and all that it asks: it is left the network of Alertmanager. */
const networks = ['edge', 'data']
const network =
  (action: 'connect' | 'disconnect') =>
  async ({ stack }: Watched) => {
    const container = await stack.compose(['ps', '--quiet', 'prometheus'])
    for (const each of networks)
      await execa('docker', ['network', action, `${stack.name}_${each}`, container])
  }

/** Waits until the scheduler has found out what this is a test of: it looks every thirty seconds, whatever the pace. */
const found = ({ exec }: Watched, test: string) =>
  exec('scheduler', 'timeout', '90', 'sh', '-c', `until ${test}; do sleep 0.5; done`)

/** Somebody has gone home and left the lock, with which the scheduler takes no backup, for so many hours. */
const forgetBackups = (hours: number) => async (watched: Watched) => {
  const left = ['--run', forgotten, '--runbook', 'maintenance', '--who', 'somebody']
  await watched.exec('toolbox', 'guard', 'take', '--environment', watched.stack.name, ...left)
  await ageBackups(watched, hours)
  const newest = '[.[].backup[].timestamp.stop] | max'
  await found(watched, `jq -e '${newest} < now - 3600 * ${hours}' /tmp/scheduler/repository.json >/dev/null`)
}
const breakLock = ({ exec }: Watched) => exec('toolbox', 'guard', 'break', '--run', forgotten)
/** Where it may be gone already. */
const unlock = (watched: Watched) => breakLock(watched).catch(() => {})
const forgotten = 'forgotten-run'

/** The key that a service reads for its repository, by which it cannot be written to or read. */
const wrongKey = (service: string) => (watched: Watched) =>
  inSecrets(
    watched,
    `sed -i 's/^repo1-s3-key-secret=.*/repo1-s3-key-secret=wrong/' /run/secrets/${service}/pgbackrest.d/repo1.conf`,
  )
/** Nothing is taken from the repository any more, and nothing put there. */
async function loseTheRepository(watched: Watched): Promise<void> {
  await wrongKey('scheduler')(watched)
  await found(watched, '[ -e /tmp/scheduler/backups-failed ]')
}
/** Writes whatever is not as it must be. */
const rightKeys = ({ stack }: Watched) => stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets'])
/**
 * There is something to archive, now and again in a minute. By a connection of its own: one that lasts would have been
 * ended by an alert before.
 */
const writeLog = ({ exec }: Watched) =>
  exec('toolbox', 'psql', '-XAtqc', 'select pg_switch_wal() from pg_current_xact_id()')
/** The store itself is well: that is what the runbook finds. */
const storeIsWell = /The store answers, so there is nothing to start/
/** Nobody holds the others up: it is the version that is slow. */
const nobodyRests = /No session that may be ended has been idle/

let queries: Promise<unknown> | undefined

const day = 86_400

/** The authority of the store’s certificate signs one that ends soon, and the store serves it. */
async function storeCertificate(watched: Watched): Promise<void> {
  await inSecrets(watched, shortLived)
  await watched.stack.compose(['restart', 'store'])
}
const shortLived = `cd /run/secrets/.source
printf 'basicConstraints=critical,CA:FALSE\\nkeyUsage=critical,digitalSignature\\nextendedKeyUsage=serverAuth\\nsubjectAltName=DNS:store\\n' >/tmp/extensions
openssl req -new -key store.key -subj /CN=store -out /tmp/request
openssl x509 -req -in /tmp/request -days 20 -CA ca.crt -CAkey ca.key -extfile /tmp/extensions -out /tmp/store.crt 2>/dev/null
cat /tmp/store.crt >store.crt
cat /tmp/store.crt >../store/server.crt`
/** It reads its certificate when it starts. */
const serveTheNew = ({ stack }: Watched) => stack.compose(['restart', 'store'])

/** The archive takes no log, which stays, until so many megabytes of the 1100 are free. */
const fillWithLog = (left: number) => async (watched: Watched) => {
  await wrongKey('db')(watched)
  await watched.exec('db', 'bash', '-c', logUntil, String(left))
}

/** What the store may hold when it is not made to be full. */
let quota = 0

/**
 * A file is overwritten twenty times, and the store may then hold little more than it does: the drill’s store is as large
 * as this machine lets it be.
 */
async function fillStore(watched: Watched): Promise<void> {
  const { exec } = watched
  const overwrite = `head -c 8M /dev/urandom >/tmp/scan
for n in {1..20}; do store-request PUT /assets/extra/scan /tmp/scan; done`
  await exec('store', 'bash', '-euc', overwrite)
  quota = Number(await exec('store', 'sed', '-n', 's/^store_quota_bytes //p', '/var/lib/figures/store.prom'))
  await setQuota(watched, Math.round((await usedBytes(watched)) / 0.85))
}
/** As the store says it, and as it enforces it. */
const setQuota = ({ exec }: Watched, bytes: number) => {
  const user = 'enabled=true&quota&quota-type=user&uid=operator'
  return exec(
    'store',
    'bash',
    '-euc',
    `store-request PUT "/admin/user?max-size-kb=$(($0 / 1024))&${user}"
sed -i "s/^store_quota_bytes .*/store_quota_bytes $0/" /var/lib/figures/store.prom`,
    String(bytes),
  )
}

/** A channel that is told of something, and is not there any more. */
async function loseTheChannel(watched: Watched): Promise<void> {
  await tell(watched, 'alert-slack-url', watched.gone)
  await watched.stack.compose(['stop', 'cache'])
}
/** Who is told, from now on, over that channel; nobody when there is no address. */
async function tell({ stack }: Watched, channel: string, address: string): Promise<void> {
  await setChannel(stack, channel, address)
  await stack.compose(['restart', 'alertmanager'])
}

const unhealthy = /The answer is no to:.* containers-healthy/

export const table: Row[] = [
  // The first at its pace: while another is caused it would come by itself.
  {
    alert: 'RestoreUnproven',
    severity: 'P2',
    pace: 60,
    promise: 3800,
    cause: async () => {},
    figures: true,
  },
  { alert: 'CacheDown', severity: 'P0', pace: 10, promise: 120, cause: stop('cache') },
  { alert: 'DatabaseDown', severity: 'P0', pace: 10, promise: 180, cause: stop('db') },
  { alert: 'StoreDown', severity: 'P0', pace: 10, promise: 180, cause: stop('store') },
  { alert: 'ConnectionsScarce', severity: 'P1', pace: 10, promise: 390, cause: forget(70), before: aMinute },
  {
    alert: 'ConnectionsExhausted',
    severity: 'P0',
    pace: 10,
    promise: 120,
    cause: forget(83),
    before: aMinute,
  },
  {
    alert: 'SiteDown',
    severity: 'P0',
    pace: 10,
    promise: 150,
    cause: stop('pooler'),
    says: unhealthy,
    mend: start('pooler'),
  },
  {
    alert: 'ProxyDown',
    severity: 'P0',
    pace: 10,
    promise: 120,
    cause: stop('proxy'),
    says: unhealthy,
    mend: start('proxy'),
  },
  {
    alert: 'HostUnseen',
    severity: 'P0',
    pace: 10,
    promise: 180,
    cause: network('disconnect'),
    mend: network('connect'),
  },
  {
    alert: 'BlindSpot',
    severity: 'P2',
    pace: 10,
    promise: 510,
    cause: stop('redis-exporter'),
    says: unhealthy,
    mend: start('redis-exporter'),
  },
  {
    alert: 'ErrorsOver10Percent',
    severity: 'P0',
    pace: 10,
    promise: 480,
    also: ['ErrorBudgetBurnsFast'],
    cause: release(faults.everyFew(3)),
    users: 10,
    params: toTheFormer,
  },
  {
    alert: 'ErrorsOver5Percent',
    severity: 'P1',
    pace: 10,
    promise: 720,
    cause: release(faults.everyFew(12)),
    users: 10,
    params: toTheFormer,
  },
  {
    alert: 'SlowOver2Seconds',
    severity: 'P2',
    pace: 10,
    promise: 780,
    also: ['LatencyBudgetBurns'],
    cause: release(faults.slow(2300)),
    users: 10,
    says: nobodyRests,
    mend: rollBack,
  },
  {
    alert: 'SlowOver3Seconds',
    severity: 'P1',
    pace: 10,
    promise: 690,
    cause: release(faults.slow(3300)),
    users: 10,
    says: nobodyRests,
    mend: rollBack,
  },
  {
    alert: 'SlowOver5Seconds',
    severity: 'P1',
    pace: 10,
    promise: 990,
    cause: release(faults.slow(5300)),
    users: 10,
    params: toTheFormer,
  },
  // Its requests keep their pace.
  {
    alert: 'SlowOver30Seconds',
    severity: 'P0',
    pace: 10,
    promise: 800,
    cause: release(faults.slow(31_000)),
    users: 5,
    params: toTheFormer,
  },
  // After those that look an hour back: so many users would be all that they see.
  {
    alert: 'ErrorsRising',
    severity: 'P2',
    pace: 10,
    promise: 270,
    cause: release(faults.everyFew(25)),
    users: 80,
    mend: rollBack,
  },
  {
    alert: 'SlowQueries',
    severity: 'P2',
    pace: 10,
    promise: 780,
    async cause({ exec }) {
      const query = `psql -XAtq -d app -c 'set role app' -c 'select pg_sleep(1.5)'`
      queries = exec('db', 'bash', '-c', `for n in {1..80}; do ${query}; done`)
    },
    mend: async () => queries,
  },
  {
    alert: 'ArchiveFailing',
    severity: 'P1',
    pace: 4,
    promise: 810,
    async cause(watched) {
      await wrongKey('db')(watched)
      await writeLog(watched)
    },
    says: storeIsWell,
    mend: rightKeys,
  },
  // Its five minutes keep their pace, and the fifteen of the next.
  {
    alert: 'ArchiveLate',
    severity: 'P1',
    pace: 10,
    promise: 4200,
    async cause(watched) {
      await wrongKey('db')(watched)
      await writeLog(watched)
    },
    before: rightKeys,
  },
  {
    alert: 'ArchiveBeyondObjective',
    severity: 'P0',
    pace: 10,
    promise: 10_200,
    async cause(watched) {
      await wrongKey('db')(watched)
      await writeLog(watched)
    },
    before: rightKeys,
  },
  // Before the next, whose many users all get quick answers: they would be in its window.
  {
    alert: 'LatencyBudgetBurnsSlowly',
    severity: 'P2',
    pace: 60,
    promise: 4200,
    cause: release(faults.slow(2300, 5)),
    users: 10,
    mend: rollBack,
  },
  // What other users got before is in its window, too.
  {
    alert: 'ErrorBudgetBurnsSlowly',
    severity: 'P2',
    pace: 60,
    promise: 4200,
    cause: release(faults.everyFew(400)),
    users: 40,
    mend: rollBack,
    over: 240,
  },
  {
    alert: 'ErrorBudgetBurns',
    severity: 'P1',
    pace: 50,
    promise: 2400,
    cause: release(faults.everyFew(100)),
    users: 40,
    params: toTheFormer,
  },
  {
    alert: 'BackupsUnreadable',
    severity: 'P1',
    pace: 60,
    promise: 720,
    figures: true,
    cause: loseTheRepository,
    says: storeIsWell,
    mend: rightKeys,
    over: 300,
  },
  {
    alert: 'BackupJobFailing',
    severity: 'P1',
    pace: 60,
    promise: 1020,
    figures: true,
    cause: loseTheRepository,
    before: rightKeys,
    over: 300,
  },
  {
    alert: 'BackupTooOld',
    severity: 'P1',
    pace: 10,
    promise: 720,
    figures: true,
    cause: forgetBackups(27),
    before: breakLock,
    over: 300,
    after: unlock,
  },
  {
    alert: 'FullBackupTooOld',
    severity: 'P1',
    pace: 10,
    promise: 720,
    figures: true,
    cause: forgetBackups(9 * 24),
    before: breakLock,
    over: 300,
    after: unlock,
  },
  {
    alert: 'CertificateExpired',
    severity: 'P0',
    pace: 30,
    promise: 150,
    cause: (watched) => useAuthority(watched, { seconds: 1800 }),
    before: (watched) => replaceAuthority(watched, {}),
    after: withoutAuthority,
  },
  {
    alert: 'CertificateExpiring',
    severity: 'P1',
    pace: 30,
    promise: 720,
    cause: (watched) => useAuthority(watched, { seconds: 10 * day }),
    before: (watched) => replaceAuthority(watched, {}),
    after: withoutAuthority,
  },
  {
    alert: 'StoreCertificateExpiring',
    severity: 'P1',
    pace: 60,
    promise: 3800,
    cause: storeCertificate,
    mend: serveTheNew,
  },
  {
    alert: 'DiskFull',
    severity: 'P0',
    pace: 10,
    promise: 150,
    cause: fillWithLog(50),
    before: rightKeys,
  },
  {
    alert: 'DiskFilling',
    severity: 'P1',
    pace: 60,
    promise: 720,
    cause: fillWithLog(150),
    before: rightKeys,
  },
  {
    alert: 'MemoryScarce',
    severity: 'P1',
    pace: 10,
    promise: 720,
    cause: takeMemory,
    mend: giveMemoryBack,
    after: giveMemoryBack,
  },
  {
    alert: 'StoreNearlyFull',
    severity: 'P1',
    pace: 10,
    promise: 720,
    figures: true,
    cause: fillStore,
    params: () => ({ KEEP_HOURS: '0' }),
    after: (watched) => setQuota(watched, quota),
  },
  // Another alert has to be told of first.
  {
    alert: 'AlertsDoNotArrive',
    severity: 'P1',
    pace: 10,
    promise: 900,
    cause: loseTheChannel,
    says: unhealthy,
    async mend(watched) {
      await start('cache')(watched)
      await tell(watched, 'alert-slack-url', '')
    },
  },
  {
    alert: 'NobodyIsTold',
    severity: 'P1',
    pace: 10,
    promise: 1000,
    unsent: true,
    // The only one that there is.
    cause: (watched) => tell(watched, 'alert-webhook-url', ''),
    mend: (watched) => tell(watched, 'alert-webhook-url', watched.here),
  },
  {
    alert: 'ErrorsLogged',
    severity: 'P2',
    pace: 10,
    promise: 1080,
    cause: release(faults.everyFew(12)),
    users: 10,
    mend: rollBack,
  },
  {
    alert: 'LogsNotKept',
    severity: 'P2',
    pace: 10,
    promise: 1110,
    cause: stop('logs'),
    says: unhealthy,
    mend: start('logs'),
  },
  {
    alert: 'ApplicationDown',
    severity: 'P0',
    pace: 10,
    promise: 120,
    async cause(watched) {
      await release(faults.everyFew(1000))(watched)
      await stop('app')(watched)
    },
    params: toTheFormer,
  },
  {
    alert: 'SchedulerSilent',
    severity: 'P1',
    pace: 10,
    promise: 210,
    async cause({ stack, run }) {
      await stack.compose(['stop', 'scheduler'])
      await run('scheduler', 'touch', '--date=6 minutes ago', '/var/lib/figures/scheduler.prom')
    },
    says: unhealthy,
    mend: start('scheduler'),
  },
  {
    alert: 'SecretOverdue',
    severity: 'P2',
    pace: 60,
    promise: 3800,
    async cause(watched) {
      await inSecrets(watched, "touch --date='91 days ago' /run/secrets/.source/redis-app")
      await watched.stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets'])
    },
  },
  {
    alert: 'CopiesTooOld',
    severity: 'P1',
    pace: 60,
    promise: 400,
    figures: true,
    also: ['CopyJobFailing'],
    async cause({ stack, exec }) {
      await stack.compose(['stop', 'far'])
      const back = `cd /var/lib/scheduler/far && jq --arg at "$(date -ud '3 hours ago' +%FT%TZ)" '.at = $at' copied >.new && mv .new copied`
      await exec('scheduler', 'bash', '-euc', back)
    },
    before: start('far'),
  },
  {
    alert: 'DeploymentFailed',
    severity: 'P2',
    pace: 10,
    promise: 240,
    figures: true,
    async cause(watched) {
      await haveLiveName(watched)
      await watched.play('deploy', { IMAGE: 'drillbook/nobody-has-this:1' })
    },
    async mend(watched) {
      const IMAGE = await build(watched, '3.0.0')
      const { exitCode, said } = await watched.play('deploy', { IMAGE, WATCH_SECONDS: '1' })
      if (exitCode !== 0) throw new Error(said)
    },
  },
]
