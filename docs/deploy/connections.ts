/** How many connections this stack allows, from its own configuration: for the page on scaling. */
import { numberAfter } from '../../src/site/limits.ts'

interface Sources {
  database: string
  pooler: string
  postgresql: string
}

export function connections({ database, pooler, postgresql }: Sources) {
  // Beside its pool, each container has one connection that only asks whether the database answers.
  const perContainer = numberAfter(database, /application_name: 'app',[^}]*?max: /) + 1
  const clients = numberAfter(pooler, /^max_client_conn = /)
  const pool = numberAfter(pooler, /^default_pool_size = /)
  const reserve = numberAfter(pooler, /^reserve_pool_size = /)
  return {
    perContainer,
    clients,
    pool,
    reserve,
    server: numberAfter(postgresql, /^max_connections = /),
    wait: numberAfter(pooler, /^query_wait_timeout = /),
    containers: Math.floor(clients / perContainer),
  }
}
