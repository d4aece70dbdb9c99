import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Database } from './database.ts'

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics(database: Database, version: string, commit: string) {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

  new Gauge({ name: 'app_info', help: 'Always 1.', labelNames: ['version', 'commit'], registers }).set(
    { version, commit },
    1,
  )
  new Gauge({
    name: 'app_database_connections',
    help: 'Connections of this process to the pooler; waiting: requests without one.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, value] of Object.entries(database.connections())) this.set({ state }, value)
    },
  })

  return {
    registry,
    requests: new Counter({
      name: 'http_requests_total',
      help: 'Answered requests.',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    errors: new Counter({
      name: 'http_request_errors_total',
      help: 'Requests answered with a status of 500 or more.',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    duration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time until the head of the answer was ready.',
      labelNames: ['method', 'route'],
      // The bounds contain the service levels: alerts at 2, 3, 5 and 30 seconds.
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30],
      registers,
    }),
    inFlight: new Gauge({ name: 'http_requests_in_flight', help: 'Requests being answered.', registers }),
    dependency: new Gauge<'dependency'>({
      name: 'app_dependency_up',
      help: '1 when the dependency answered the last readiness check.',
      labelNames: ['dependency'],
      registers,
    }),
    maintenance: new Gauge({ name: 'app_maintenance', help: '1 in maintenance mode.', registers }),
    degraded: new Gauge<'feature'>({
      name: 'app_feature_degraded',
      help: '1 while users go without the feature: it is switched off, or what it needs does not answer.',
      labelNames: ['feature'],
      registers,
    }),
    catalogue: new Counter<'result'>({
      name: 'app_catalogue_requests_total',
      help: 'Descriptions asked for: answered, failed, or not asked, after failures in a row.',
      labelNames: ['result'],
      registers,
    }),
    signIns: new Counter({
      name: 'app_sign_ins_total',
      help: 'Sign-ins by result.',
      labelNames: ['result'],
      registers,
    }),
    booksAdded: new Counter({ name: 'app_books_added_total', help: 'Books added.', registers }),
    coversStored: new Counter({ name: 'app_covers_stored_total', help: 'Covers uploaded.', registers }),
  }
}
