/**
 * Staging beside the environment that a drill plays on: another Compose project on the same engine, with everything of its
 * own but without what nobody asks there. It is started once for each stack: that takes longer than what is tried on it.
 * Named after the stack, it is removed with it.
 */
import { execa } from 'execa'
import type { Stack } from '#drill'
import { system, type Tools } from './stack.ts'

export interface Staging {
  stack: Stack
  tools: Tools & { close(): Promise<void> }
}

const places = new Map<string, Staging>()

/** Undefined until there is one. */
export const stagingOf = ({ name }: Pick<Stack, 'name'>): Staging | undefined => places.get(name)

/** Up and healthy, with no book on its shelf at first; serving `image`, if one is named. */
export async function haveStaging(stack: Stack, image?: string): Promise<Staging> {
  const place = places.get(stack.name) ?? (await make(stack))
  if (image) place.stack.env.APP_IMAGE = image
  await place.stack.compose(['up', '--detach', '--wait', 'app', 'toolbox'])
  return place
}

async function make(stack: Stack): Promise<Staging> {
  const name = `${stack.name}-staging`
  const own = {
    ENVIRONMENT: name,
    ENVIRONMENT_KIND: 'staging',
    COMPOSE_PROJECT_NAME: name,
    // What is not healthy is to be seen soon.
    HEALTH_INTERVAL: '2s',
  }
  const env: Record<string, string> = { ...stack.env, ...own }
  const there: Stack = {
    root: stack.root,
    name,
    entries: { ...stack.entries, ...own },
    env,
    async compose(args, { input } = {}) {
      const options = { cwd: stack.root, env, extendEnv: false, timeout: 300_000 }
      const stdin = input === undefined ? { stdin: 'ignore' as const } : { input }
      return (await execa('docker', ['compose', ...args], { ...options, ...stdin })).stdout
    },
  }
  const place = { stack: there, tools: await system.tools(there) }
  places.set(stack.name, place)
  return place
}
