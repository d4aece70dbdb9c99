/** Volumes that can be full, for drills and faults. */
import { execa } from 'execa'

/**
 * Makes volumes of a stack before it starts, by name with their size (`700m`). They lie in memory: what is in one is
 * gone when no container uses it, so the engine must not be restarted with it.
 */
export function limitVolumes(sizes: Record<string, string>): (stack: string) => Promise<void> {
  return async (stack) => {
    for (const [volume, size] of Object.entries(sizes)) {
      const labels = [`com.docker.compose.project=${stack}`, `com.docker.compose.volume=${volume}`]
      const options = ['type=tmpfs', 'device=tmpfs', `o=size=${size}`]
      await execa('docker', [
        ...['volume', 'create', ...options.flatMap((each) => ['--opt', each])],
        ...[...labels.flatMap((each) => ['--label', each]), `${stack}_${volume}`],
      ])
    }
  }
}

/**
 * Bash for the database's container: a segment of log each time, and a checkpoint now and then. Stops when no more than `$0`
 * megabytes of its volume are left; while nothing is archived, all of it stays.
 */
export const logUntil = `n=0
while [ "$(df --output=avail -BM /var/lib/postgresql | tail -n 1 | tr -dc 0-9)" -gt "$0" ]; do
  psql -XAtqd postgres -c 'select pg_current_xact_id()' -c 'select pg_switch_wal()' >/dev/null
  n=$((n + 1))
  [ $((n % 4)) != 0 ] || psql -Xqd postgres -c checkpoint
done`
