/**
 * For every alert a disturbance that is too short for it, one that is not, and the recovery. Series are written as for
 * `promtool`: `0x3` is a 0 and three more, `0+6x3` goes up by 6 three times. Whoever is on call is told from the step
 * `fires[0]` on, up to `fires[1]`, and at no other.
 */
export interface Scenario {
  /** How long a step is. Default: a minute. */
  step?: string
  series: Record<string, string>
  fires: [first: number, last: number]
}

const metric = (name: string, labels: Record<string, string> = {}) =>
  `${name}{${Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(',')}}`

const site = (code: string) => metric('caddy_http_request_duration_seconds_count', { server: 'site', code })
const books = { job: 'app', route: '/api/books' }
const within = (le: string) => metric('http_request_duration_seconds_bucket', { ...books, le })
const answered = metric('http_request_duration_seconds_count', books)
const up = (job: string) => metric('up', { job, instance: job })
const volume = { mountpoint: '/var/lib/postgresql' }
const free = metric('node_filesystem_avail_bytes', volume)
const size = metric('node_filesystem_size_bytes', volume)
const scheduler = metric('node_textfile_mtime_seconds', { file: '/var/lib/figures/scheduler.prom' })
const certificate = (job: string) => metric('probe_ssl_earliest_cert_expiry', { job, instance: job })
const probe = (job: string) => metric('probe_success', { job })
const journal = (runbook: string) => metric('runbook_last_run_timestamp_seconds', { runbook })
/** Down from the fifth minute to the twentieth. */
const downtime = { [probe('site')]: '1x4 0x14 1x60' }
const announced = {
  [metric('ALERTS', { alertname: 'RunbookStopsSite', alertstate: 'firing' })]: '_x5 1x9 stale _x60',
}
const logged = (level: string) => metric('log_lines_total', { service: 'app', level })
const statement = { user: 'app', datname: 'app', queryid: '7' }
const hour = 3600
const day = 24 * hour

/** A counter that grows by each of these for so many steps. */
const counter = (...parts: [by: number, steps: number][]) => {
  let at = 0
  const written = parts.map(([by, steps]) => {
    const text = `${at}+${by}x${steps - 1}`
    at += by * steps
    return text
  })
  return `${written.join(' ')} ${at}`
}

/** 600 requests a step. `parts`: of them so many fail, for so many steps. */
const failing = (...parts: [failed: number, steps: number][]) => ({
  [site('500')]: counter(...parts),
  [site('200')]: counter(...parts.map(([failed, steps]): [number, number] => [600 - failed, steps])),
})

/** 600 requests a step. `parts`: of them so many take longer than `le` seconds, for so many steps. */
const slow = (le: string, ...parts: [late: number, steps: number][]) => ({
  [answered]: counter(...parts.map(([, steps]): [number, number] => [600, steps])),
  [within(le)]: counter(...parts.map(([late, steps]): [number, number] => [600 - late, steps])),
})

export const scenarios: Record<string, Scenario> = {
  // 5 % for half an hour. A minute of it is no reason to wake anybody.
  ErrorBudgetBurnsFast: { series: failing([0, 60], [30, 1], [0, 60], [30, 30], [0, 90]), fires: [141, 154] },
  ErrorBudgetBurns: {
    step: '5m',
    series: failing([0, 72], [30, 1], [0, 72], [30, 24], [0, 72]),
    fires: [155, 174],
  },
  ErrorBudgetBurnsSlowly: {
    step: '15m',
    series: failing([0, 96], [6, 1], [0, 48], [6, 48], [0, 48]),
    fires: [161, 214],
  },
  ErrorsRising: { series: failing([0, 5], [9, 10], [20, 1], [0, 5], [20, 6], [0, 5]), fires: [23, 27] },
  ErrorsOver5Percent: { series: failing([0, 10], [60, 3], [0, 10], [42, 20], [0, 20]), fires: [32, 44] },
  ErrorsOver10Percent: { series: failing([0, 10], [120, 3], [42, 10], [120, 20], [0, 20]), fires: [30, 45] },

  // Twelve a minute; for five minutes they are nobody's concern.
  ErrorsLogged: {
    series: { [logged('error')]: counter([0, 10], [30, 5], [0, 15], [12, 30], [0, 20]) },
    fires: [45, 60],
  },
  LogsNotKept: {
    series: { [logged('info')]: counter([4, 20], [0, 8], [4, 15], [0, 30], [4, 10]) },
    fires: [58, 73],
  },

  SlowOver2Seconds: { series: slow('2', [0, 10], [60, 3], [0, 10], [60, 20], [0, 20]), fires: [31, 45] },
  SlowOver3Seconds: { series: slow('3', [0, 10], [60, 3], [0, 10], [60, 20], [0, 20]), fires: [31, 45] },
  SlowOver5Seconds: { series: slow('5', [0, 10], [60, 8], [0, 10], [60, 30], [0, 20]), fires: [41, 60] },
  SlowOver30Seconds: { series: slow('30', [0, 10], [100, 1], [0, 10], [60, 20], [0, 20]), fires: [26, 43] },
  LatencyBudgetBurns: {
    series: slow('2', [0, 60], [300, 5], [0, 60], [300, 60], [0, 30]),
    fires: [164, 186],
  },
  LatencyBudgetBurnsSlowly: {
    step: '5m',
    series: slow('2', [0, 72], [90, 4], [0, 72], [90, 72], [0, 24]),
    fires: [199, 221],
  },

  HostUnseen: {
    step: '1m',
    series: { [up('app')]: '1x5 0x1 1x5 0x10 1x5', [up('host')]: '1x5 0x1 1x5 0x8 1x7' },
    fires: [16, 22],
  },
  // Every 15 seconds: two that fail are not enough.
  SiteDown: {
    step: '15s',
    series: { [metric('probe_success', { job: 'site' })]: '1x10 0x2 1x10 0x20 1x10' },
    fires: [30, 45],
  },
  // A container that is gone is not asked any more.
  ApplicationDown: { step: '15s', series: { [up('app')]: '1x20 _x3 1x20 0x8 _x8 1x20' }, fires: [49, 61] },
  ProxyDown: { step: '15s', series: { [up('proxy')]: '1x20 0x3 1x20 0x20 1x20' }, fires: [50, 66] },
  DatabaseDown: { step: '15s', series: { pg_up: '1x20 0x3 1x20 0x20 1x20' }, fires: [50, 66] },
  CacheDown: { step: '15s', series: { redis_up: '1x20 0x3 1x20 0x20 1x20' }, fires: [50, 66] },
  StoreDown: {
    step: '15s',
    series: { [metric('probe_success', { job: 'store' })]: '1x20 0x7 1x20 0x20 1x20' },
    fires: [58, 70],
  },
  BlindSpot: { series: { [up('cache')]: '1x5 0x4 1x5 0x15 1x5' }, fires: [22, 32] },
  NobodyIsTold: { series: { alertmanager_integrations: '4x5 0x10 4x5 0x30 4x5' }, fires: [38, 53] },
  AlertsDoNotArrive: {
    series: {
      [metric('alertmanager_notifications_failed_total', { integration: 'webhook' })]: counter(
        [0, 10],
        [1, 1],
        [0, 10],
        [1, 20],
        [0, 20],
      ),
    },
    fires: [27, 45],
  },

  // A run that has not ended, on a site that is down: from the first look on, and for a quarter of an hour without a line.
  RunbookStopsSite: { series: { ...downtime, [journal('restore')]: '0x80' }, fires: [5, 14] },
  DowntimeAnnounced: { series: announced, fires: [5, 20] },
  DowntimeInBudget: { series: announced, fires: [5, 49] },

  ConnectionsScarce: {
    series: {
      pg_stat_database_numbackends: '20x5 75x3 20x5 75x15 20x5',
      pg_settings_max_connections: '100x40',
    },
    fires: [21, 31],
  },
  ConnectionsExhausted: {
    series: {
      pg_stat_database_numbackends: '20x5 87x0 20x5 87x15 20x5',
      pg_settings_max_connections: '100x40',
    },
    fires: [14, 28],
  },
  SlowQueries: {
    series: {
      [metric('pg_stat_statements_calls_total', statement)]: counter(
        [60, 10],
        [60, 3],
        [60, 10],
        [60, 20],
        [60, 20],
      ),
      [metric('pg_stat_statements_seconds_total', statement)]: counter(
        [1, 10],
        [120, 2],
        [1, 11],
        [120, 20],
        [1, 20],
      ),
    },
    fires: [31, 45],
  },
  DiskFilling: { series: { [free]: '50x5 14x5 50x5 14x20 50x5', [size]: '100x60' }, fires: [28, 38] },
  DiskFull: { series: { [free]: '50x5 4x0 50x5 4x10 50x5', [size]: '100x60' }, fires: [14, 23] },
  MemoryScarce: {
    series: {
      node_memory_MemAvailable_bytes: '50x5 9x8 50x5 9x20 50x5',
      node_memory_MemTotal_bytes: '100x60',
    },
    fires: [31, 41],
  },
  StoreNearlyFull: {
    series: {
      [metric('store_bucket_bytes', { bucket: 'assets' })]: '30x5 50x8 30x5 50x20 30x5',
      [metric('store_bucket_bytes', { bucket: 'backups' })]: '40x60',
      store_quota_bytes: '100x60',
    },
    fires: [31, 41],
  },

  ArchiveFailing: {
    series: { pg_stat_archiver_failed_count: counter([0, 10], [3, 1], [0, 10], [3, 20], [0, 20]) },
    fires: [28, 45],
  },
  ArchiveLate: {
    series: { pg_stat_archiver_last_archive_age: '30x5 310x0 30x5 310x10 30x5' },
    fires: [14, 23],
  },
  ArchiveBeyondObjective: {
    series: { pg_stat_archiver_last_archive_age: '30x5 910x0 310x5 910x10 30x5' },
    fires: [14, 23],
  },
  BackupTooOld: {
    step: '10m',
    series: { [metric('backup_newest_timestamp_seconds', { type: 'any' })]: `0x170 ${26 * hour}x30` },
    fires: [158, 170],
  },
  FullBackupTooOld: {
    step: '1h',
    series: { [metric('backup_newest_timestamp_seconds', { type: 'full' })]: `0x200 ${8 * day}x30` },
    fires: [194, 200],
  },
  BackupsUnreadable: { series: { backup_repository_readable: '1x5 0x8 1x5 0x20 1x5' }, fires: [31, 41] },
  RestoreUnproven: {
    step: '1h',
    series: { backup_proven_timestamp_seconds: `0x200 ${8 * day}x30` },
    fires: [194, 200],
  },
  BackupJobFailing: {
    series: { [metric('scheduled_job_failed', { job_name: 'backups' })]: '0x5 1x12 0x5 1x30 0x5' },
    fires: [40, 55],
  },
  CopyJobFailing: {
    series: { [metric('scheduled_job_failed', { job_name: 'copies' })]: '0x5 1x12 0x5 1x30 0x5' },
    fires: [40, 55],
  },
  CopiesTooOld: {
    step: '5m',
    series: { files_copied_timestamp_seconds: `0x30 ${2 * hour}x12` },
    fires: [26, 30],
  },
  SchedulerSilent: {
    series: { [scheduler]: '0+60x10 600x6 1020+60x10 1620x15 2640+60x10', [up('host')]: '1x55' },
    fires: [35, 44],
  },

  CertificateExpiring: {
    step: '1h',
    series: { [certificate('site')]: `${30 * day}x400 ${60 * day}x40` },
    fires: [386, 400],
  },
  CertificateExpired: { series: { [certificate('site')]: `${2 * hour}x80 ${90 * day}x10` }, fires: [62, 80] },
  StoreCertificateExpiring: {
    step: '1h',
    series: { [certificate('store')]: `${32 * day}x60 ${398 * day}x10` },
    fires: [50, 60],
  },
  SecretOverdue: {
    step: '1d',
    series: {
      [metric('secret_changed_timestamp_seconds', {
        name: 'redis-app',
        which: 'cache',
      })]: `0x95 ${90 * day}x5`,
      [metric('secret_changed_timestamp_seconds', {
        name: 'app-secret',
        which: 'application',
      })]: `${30 * day}x101`,
    },
    fires: [92, 95],
  },
  DeploymentFailed: {
    series: {
      [metric('runbook_last_run_failed', { runbook: 'deploy' })]: '0x5 1x0 0x5 1x10 0x5',
      [metric('runbook_last_run_timestamp_seconds', { runbook: 'deploy' })]: '0x60',
    },
    fires: [14, 23],
  },
}

const never: Scenario['fires'] = [-1, -1]

/** Alerts that have several ways to come about, and what looks like one and is none. */
export const further: [alert: string, scenario: Scenario][] = [
  // Room enough, but not for long.
  [
    'DiskFilling',
    { step: '5m', series: { [free]: '39x48 39-0.5x40 60x20', [size]: '100x120' }, fires: [73, 89] },
  ],
  // Of an authority for rehearsals: for half a day, and renewed each time that a third of it is left.
  [
    'CertificateExpiring',
    {
      step: '1h',
      series: {
        [certificate('site')]: Array.from({ length: 9 }, (_, at) => `${(12 + 8 * at) * hour}x7`).join(' '),
      },
      fires: never,
    },
  ],
  // Its exporter does not answer, either.
  [
    'CacheDown',
    {
      series: {
        redis_up: '1x5 _x20',
        [metric('app_dependency_up', { dependency: 'cache', instance: 'a' })]: '1x5 0x10 1x5',
        [metric('app_dependency_up', { dependency: 'cache', instance: 'b' })]: '1x7 0x8 1x5',
      },
      fires: [9, 16],
    },
  ],
  // One that has ended, with or without success, and one that stops nobody: the site is down.
  [
    'RunbookStopsSite',
    {
      series: {
        ...downtime,
        [journal('restore')]: '0x80',
        [metric('runbook_last_run_failed', { runbook: 'restore' })]: '1x80',
        [journal('backup')]: '0x80',
      },
      fires: never,
    },
  ],
  // Maintenance mode: operators still get their answers. Without those the page is no announcement.
  [
    'DowntimeAnnounced',
    { series: { [probe('site')]: '1x60', [probe('maintenance')]: '0x4 1x14 0x40' }, fires: [6, 25] },
  ],
  [
    'DowntimeAnnounced',
    { series: { [probe('site')]: '0x60', [probe('maintenance')]: '0x4 1x14 0x40' }, fires: never },
  ],
  // Nothing to connect to, and an exporter without anything to say.
  [
    'DatabaseDown',
    {
      step: '15s',
      series: { pg_up: '1x20 _x40', [probe('database-port')]: '1x20 0x20 1x20' },
      fires: [28, 41],
    },
  ],
  // One that never wrote.
  ['SchedulerSilent', { series: { [up('host')]: '1x20' }, fires: [2, 20] }],
  // What failed the day before yesterday was seen by then.
  [
    'DeploymentFailed',
    {
      step: '1h',
      series: {
        [metric('runbook_last_run_failed', { runbook: 'deploy' })]: '1x40',
        [metric('runbook_last_run_timestamp_seconds', { runbook: 'deploy' })]: '0x40',
      },
      fires: [1, 23],
    },
  ],
]
