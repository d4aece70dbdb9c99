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
