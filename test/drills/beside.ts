/** What is not part of the stack, in containers beside it. It goes with the stack at the latest. */
import type { Stack } from '#drill'

/** Runs `docker compose ARGS` with these services beside those of the stack. */
export const composeBeside = ({ stack }: { stack: Stack }, services: object, ...args: string[]) =>
  stack.compose(['--file', 'stack/compose.yaml', '--file', '-', ...args], {
    input: JSON.stringify({ services }),
  })
