/**
 * What the three dashboards show. The queries are those of the alerts where there is one. Routes that watch the application
 * itself are left out, as the alerts leave them out.
 */
import type { Board } from './panels.ts'

const users = 'job="app",route!~"/(livez|readyz|metrics|version)"'
const site = 'server="site",code!="421"'
const quantile = (share: number) =>
  `histogram_quantile(${share}, sum by (le) (rate(http_request_duration_seconds_bucket{${users}}[$__rate_interval])))`

/** No error at all has no series: where requests are counted, that is none of them. */
const orNone = 'or 0 * site:requests:rate5m'

export const service: Board = {
  name: 'service',
  title: 'Service',
  description: 'What users feel, and the processes that serve them.',
  rows: [
    [
      'Users',
      [
        {
          ...{
            title: 'Requests',
            unit: 'reqps',
            about: 'As the proxy counts them, by the class of the answer.',
          },
          queries: [
            [
              '{{class}}',
              `sum by (class) (label_replace(rate(caddy_http_request_duration_seconds_count{${site}}[$__rate_interval]), "class", "$1xx", "code", "(.).."))`,
            ],
          ],
        },
        {
          ...{
            title: 'Failed',
            unit: 'percentunit',
            about: 'Answered with 5xx, of all. 0.1 % are allowed in 30 days.',
          },
          queries: [
            ['5 minutes', `site:errors:ratio5m ${orNone}`],
            ['an hour', `site:errors:ratio1h ${orNone}`],
            ['a day', `site:errors:ratio1d ${orNone}`],
          ],
          limits: [0.01, 0.05],
        },
        {
          ...{
            title: 'Time to answer',
            unit: 's',
            about: 'Until the head of the answer is ready. 95 % within two seconds.',
          },
          queries: [
            ['half', quantile(0.5)],
            ['95 %', quantile(0.95)],
            ['99 %', quantile(0.99)],
          ],
          limits: [2, 5],
        },
        {
          ...{ title: 'Being answered', unit: 'short', about: 'Requests in flight, by container.' },
          queries: [['{{instance}}', 'http_requests_in_flight{job="app"}']],
        },
      ],
    ],
    [
      'Site',
      [
        {
          ...{
            title: 'Seen from outside',
            unit: 'short',
            about: '1 if the site answers as a user asks.',
            figure: true,
          },
          queries: [['site', 'min(probe_success{job="site"})']],
          limits: [1, 0.5],
        },
        {
          ...{ title: 'Certificate', unit: 's', about: 'How long it is still valid.', figure: true },
          queries: [['left', 'min(probe_ssl_earliest_cert_expiry{job="site"}) - time()']],
          limits: [14 * 86_400, 3 * 86_400],
        },
        {
          ...{ title: 'Containers that serve', unit: 'short', about: 'Of the application.', figure: true },
          queries: [['{{version}}', 'count by (version) (app_info)']],
        },
        {
          ...{ title: 'Alerts', unit: 'short', about: 'That fire now.', figure: true },
          queries: [['firing', 'count(ALERTS{alertstate="firing"}) or vector(0)']],
          limits: [1, 3],
        },
      ],
    ],
    [
      'Application',
      [
        {
          ...{ title: 'What it needs', unit: 'short', about: '1 if it answered the last check.', max: 1 },
          queries: [['{{dependency}}', 'min by (dependency) (app_dependency_up)']],
        },
        {
          ...{ title: 'Memory', unit: 'bytes', about: 'Of each process. APP_MEMORY is the limit.' },
          queries: [['{{instance}}', 'process_resident_memory_bytes{job="app"}']],
        },
        {
          ...{ title: 'Processor', unit: 'percentunit', about: 'Of one core, by process.' },
          queries: [['{{instance}}', 'rate(process_cpu_seconds_total{job="app"}[$__rate_interval])']],
        },
        {
          ...{
            title: 'Held up',
            unit: 's',
            about: 'How long a process kept everything else waiting: 99 % were shorter.',
          },
          queries: [['{{instance}}', 'nodejs_eventloop_lag_p99_seconds{job="app"}']],
        },
      ],
    ],
  ],
}

export const database: Board = {
  name: 'database',
  title: 'Database',
  description: 'PostgreSQL, its backups, and the cache.',
  rows: [
    [
      'Safe',
      [
        {
          ...{ title: 'Newest backup', unit: 's', about: 'Its age.', figure: true },
          queries: [['age', 'time() - backup_newest_timestamp_seconds{type="any"}']],
          limits: [25 * 3600, 26 * 3600],
        },
        {
          ...{
            title: 'Last proven restore',
            unit: 's',
            about: 'Since a backup was restored and every row compared.',
            figure: true,
          },
          queries: [['age', 'time() - backup_proven_timestamp_seconds']],
          limits: [7 * 86_400, 8 * 86_400],
        },
        {
          ...{
            title: 'Log archived',
            unit: 's',
            about: 'Since the newest segment of the write-ahead log was archived.',
            figure: true,
          },
          queries: [['age', 'pg_stat_archiver_last_archive_age']],
          limits: [300, 900],
        },
        {
          ...{ title: 'Room', unit: 'percentunit', about: 'Free on the disk of the database.', figure: true },
          queries: [
            [
              'free',
              'node_filesystem_avail_bytes{mountpoint="/var/lib/postgresql"} / node_filesystem_size_bytes{mountpoint="/var/lib/postgresql"}',
            ],
          ],
          limits: [0.2, 0.05],
        },
      ],
    ],
    [
      'Work',
      [
        {
          ...{ title: 'Connections', unit: 'short', about: 'Of the server, and how many it allows.' },
          queries: [
            ['used', 'sum(pg_stat_database_numbackends)'],
            ['allowed', 'max(pg_settings_max_connections)'],
          ],
        },
        {
          ...{
            title: 'Application’s pool',
            unit: 'short',
            about: 'Waiting: requests that have no connection yet.',
          },
          queries: [['{{state}}', 'sum by (state) (app_database_connections)']],
        },
        {
          ...{ title: 'Transactions', unit: 'ops', about: 'Committed and rolled back.' },
          queries: [
            ['committed', 'sum(rate(pg_stat_database_xact_commit{datname="app"}[$__rate_interval]))'],
            ['rolled back', 'sum(rate(pg_stat_database_xact_rollback{datname="app"}[$__rate_interval]))'],
          ],
        },
        {
          ...{
            title: 'Read from memory',
            unit: 'percentunit',
            about: 'Pages that needed no disk, of all that were read.',
            max: 1,
          },
          queries: [
            [
              'share',
              'sum(rate(pg_stat_database_blks_hit{datname="app"}[$__rate_interval])) / (sum(rate(pg_stat_database_blks_hit{datname="app"}[$__rate_interval])) + sum(rate(pg_stat_database_blks_read{datname="app"}[$__rate_interval])))',
            ],
          ],
        },
        {
          ...{ title: 'Time of a statement', unit: 's', about: 'On average.' },
          queries: [
            [
              'mean',
              'sum(rate(pg_stat_statements_seconds_total[$__rate_interval])) / sum(rate(pg_stat_statements_calls_total[$__rate_interval]))',
            ],
          ],
        },
        {
          ...{ title: 'Size', unit: 'bytes', about: 'Of each database.' },
          queries: [['{{datname}}', 'pg_database_size_bytes']],
        },
      ],
    ],
    [
      'Cache',
      [
        {
          ...{ title: 'Memory', unit: 'bytes', about: 'CACHE_MEMORY is the limit of the container.' },
          queries: [['used', 'redis_memory_used_bytes']],
        },
        {
          ...{ title: 'Commands', unit: 'ops', about: 'Answered.' },
          queries: [['all', 'rate(redis_commands_processed_total[$__rate_interval])']],
        },
      ],
    ],
  ],
}

export const business: Board = {
  name: 'business',
  title: 'Business',
  description: 'What people do with the shelf, and what operators did.',
  rows: [
    [
      'People',
      [
        {
          ...{ title: 'Sign-ins', unit: 'short', about: 'In an hour, by result.' },
          queries: [['{{result}}', 'sum by (result) (increase(app_sign_ins_total[1h]))']],
        },
        {
          ...{ title: 'Added', unit: 'short', about: 'In an hour.' },
          queries: [
            ['books', 'sum(increase(app_books_added_total[1h]))'],
            ['covers', 'sum(increase(app_covers_stored_total[1h]))'],
          ],
        },
        {
          ...{ title: 'Files', unit: 'bytes', about: 'In the store, with the versions that are kept.' },
          queries: [['{{bucket}}', 'store_bucket_bytes']],
        },
        {
          ...{ title: 'Requests', unit: 'short', about: 'Of a day, by what was asked for.' },
          queries: [['{{route}}', `topk(8, sum by (route) (increase(http_requests_total{${users}}[1d])))`]],
        },
      ],
    ],
    [
      'Operators',
      [
        {
          ...{
            title: 'Maintenance',
            unit: 'short',
            about: '1 while users see the maintenance page.',
            figure: true,
          },
          queries: [['on', 'max(app_maintenance)']],
          limits: [1, 2],
        },
        {
          ...{
            title: 'Runs that failed',
            unit: 'short',
            about: 'Runbooks whose newest run did not succeed.',
            figure: true,
          },
          queries: [['failed', 'sum(runbook_last_run_failed) or vector(0)']],
          limits: [1, 3],
        },
        {
          ...{
            title: 'Files copied',
            unit: 's',
            about: 'Since they were last copied to the second store.',
            figure: true,
          },
          queries: [['age', 'time() - files_copied_timestamp_seconds']],
          limits: [3600, 7200],
        },
        {
          ...{ title: 'Oldest secret', unit: 's', about: 'Since it was made.', figure: true },
          queries: [['age', 'max(time() - secret_changed_timestamp_seconds)']],
          limits: [80 * 86_400, 90 * 86_400],
        },
      ],
    ],
  ],
}
