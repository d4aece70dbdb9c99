import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { down } from '../../src/drill/down.ts'
import { unique } from './containers.ts'

/** The production compose file under a name of its own; gone, with its volumes, when the test is. */
export async function project(settings: Record<string, string> = {}) {
  const name = unique('stack-test')
  const extra = join(tmpdir(), `${name}.yaml`)
  const { PATH = '', HOME = '', DOCKER_HOST, DOCKER_CONTEXT, IMAGE_TAG } = process.env
  const env: Record<string, string | undefined> = {
    ...{ PATH, HOME, DOCKER_HOST, DOCKER_CONTEXT, IMAGE_TAG },
    ENVIRONMENT: name,
    COMPOSE_PROJECT_NAME: name,
    COMPOSE_FILE: 'stack/compose.yaml',
    HTTPS_PORT: '127.0.0.1:',
    HTTP_PORT: '127.0.0.1:',
    TLS_ISSUER: 'internal',
    STORE_BACKEND: 'memstore',
    HEALTH_INTERVAL: '2s',
    ...settings,
  }

  const compose = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await execa('docker', ['compose', ...args], {
      env,
      extendEnv: false,
      reject: false,
      timeout: 110_000,
    })
    return { code: exitCode, out: stdout, err: stderr }
  }
  /** As `compose`, but a failure is a failure of the test. */
  const must = async (...args: string[]) => {
    const { code, out, err } = await compose(...args)
    if (code !== 0) throw new Error(`docker compose ${args.join(' ')}: exit ${code}\n${err}\n${out}`)
    return out
  }

  return {
    name,
    compose,
    must,
    up: (...services: string[]) => must('up', '--detach', '--wait', ...services),
    exec: (service: string, ...command: string[]) => must('exec', '-T', service, ...command),
    /** A command in a container of its own, with the service's volumes. */
    run: (service: string, ...command: string[]) =>
      must('run', '--rm', '--no-deps', '-T', service, ...command),
    sql: (query: string, database = 'postgres') =>
      must('exec', '-T', 'db', 'psql', '-XAtq', '-d', database, '-c', query),
    logs: (service: string) => must('logs', '--no-log-prefix', service),
    /** From the next `up` on, this is merged into the compose file; nothing: the file as it is. */
    async override(text?: string) {
      if (text) await writeFile(extra, text)
      env.COMPOSE_FILE = text ? `stack/compose.yaml:${extra}` : 'stack/compose.yaml'
    },
    async [Symbol.asyncDispose]() {
      await compose(...down)
      await rm(extra, { force: true })
    },
  }
}

/** Asks until the answer satisfies, and returns the last answer. */
export async function eventually<T>(
  seconds: number,
  ask: () => Promise<T>,
  satisfied: (answer: T) => boolean,
) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (satisfied(answer) || Date.now() > end) return answer
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
