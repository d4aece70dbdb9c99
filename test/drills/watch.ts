/** Watching a stack as production is watched, at another pace. */
import { execa } from 'execa'
import type { Stack } from '#drill'

export const monitoring = [
  'prometheus',
  'alertmanager',
  'blackbox',
  'postgres-exporter',
  'redis-exporter',
  'node-exporter',
]

/** Has all clocks of the monitoring go so many times as fast. What was seen before counts no more: it would look like a gap. */
export async function watchAt(stack: Stack, pace: number): Promise<void> {
  for (const entries of [stack.entries, stack.env])
    Object.assign(entries, { MONITORING_PACE: String(pace), COMPOSE_PROFILES: 'monitoring' })
  await unwatch(stack)
  await stack.compose(['up', '--detach', '--wait', ...monitoring])
}

/** Takes away what watches, with all that it has seen. */
export async function unwatch(stack: Stack): Promise<void> {
  await stack.compose(['rm', '--force', '--stop', ...monitoring])
  for (const volume of ['metrics', 'alerts'])
    await execa('docker', ['volume', 'rm', '--force', `${stack.name}_${volume}`])
}
