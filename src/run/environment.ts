/**
 * An environment is one file, `environments/NAME.env`: where a stack runs and how it is reached. Three programs
 * read it (this one, `docker compose --env-file` and a shell that sources it), so only what all of them
 * understand alike is allowed: `KEY=value` and `KEY='value'`, without interpolation.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENVIRONMENT_NAME } from './environment-name.ts'
import { Refusal, UsageError } from './errors.ts'

/** The environment that is used when none is named: a throwaway stack on this machine. */
export const SANDBOX = 'sandbox'

export interface Environment {
  name: string
  /** Path relative to the project: `environments/sandbox.env`. */
  file: string
  /** The file's entries, in its order. */
  entries: Record<string, string>
  /** True only for the sandbox, which holds nothing of value. Everything else asks for consent. */
  disposable: boolean
}

const PLAIN = /^[\w./:@%+,=-]*$/

/** The names that have a file, sorted. */
export function listEnvironments(root: string): string[] {
  let files: string[]
  try {
    files = readdirSync(join(root, 'environments'))
  } catch {
    return []
  }
  return files
    .filter((file) => file.endsWith('.env'))
    .map((file) => file.slice(0, -'.env'.length))
    .sort()
}

/** Reads and checks `environments/NAME.env`. Throws `UsageError` with every problem at once. */
export function loadEnvironment(root: string, name: string): Environment {
  const file = `environments/${name}.env`
  let text: string
  try {
    if (!ENVIRONMENT_NAME.test(name)) throw new Error('no such file')
    text = readFileSync(join(root, file), 'utf8')
  } catch {
    const known = listEnvironments(root)
    throw new UsageError(`There is no environment “${name}”: ${file} does not exist.`, {
      hints: [
        known.length > 0
          ? `Environments here: ${known.join(', ')}`
          : 'The folder environments/ has no .env file.',
        'A new one starts from environments/production.env.example.',
      ],
    })
  }
  const { entries, problems } = parseEntries(text, file)
  if (entries.ENVIRONMENT !== name) {
    problems.push(
      `${file}: expected ENVIRONMENT=${name}, found ${
        entries.ENVIRONMENT === undefined ? 'no ENVIRONMENT' : `ENVIRONMENT=${entries.ENVIRONMENT}`
      }`,
    )
  }
  for (const key of ['COMPOSE_PROJECT_NAME', 'COMPOSE_FILE']) {
    if (!entries[key]) problems.push(`${file}: ${key} is missing`)
  }
  if (entries.DOCKER_HOST && entries.DOCKER_CONTEXT) {
    problems.push(`${file}: DOCKER_HOST and DOCKER_CONTEXT contradict each other; keep one`)
  }
  if (problems.length > 0) {
    throw new UsageError(`The environment “${name}” cannot be used.`, { hints: problems })
  }
  return { name, file, entries, disposable: name === SANDBOX }
}

/** Splits the file into entries. Each problem names its line, what was found and what to write. */
export function parseEntries(
  text: string,
  file: string,
): { entries: Record<string, string>; problems: string[] } {
  const entries: Record<string, string> = {}
  const problems: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue
    const at = `${file}:${index + 1}`
    const match = /^([A-Za-z_]\w*)=(.*)$/.exec(line)
    const [, key = '', raw = ''] = match ?? []
    if (!match) {
      problems.push(`${at}: found “${line}”, expected KEY=value`)
    } else if (key in entries) {
      problems.push(`${at}: ${key} is set twice`)
    } else if (/^'[^']*'$/.test(raw)) {
      entries[key] = raw.slice(1, -1)
    } else if (PLAIN.test(raw)) {
      entries[key] = raw
    } else {
      problems.push(`${at}: the value of ${key} needs single quotes: ${key}='…' (and has none inside)`)
    }
  }
  return { entries, problems }
}

const INHERITED = new Set([
  'PATH',
  'HOME',
  'USER',
  'TERM',
  'LANG',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'NO_COLOR',
  'CI',
])
const INHERITED_PREFIX = /^(LC|XDG)_/

/**
 * What commands of a runbook see: a few entries of the caller's environment that do not redirect anything, and
 * the file's. An exported `DOCKER_HOST`, `COMPOSE_FILE`, `PGHOST` or `AWS_PROFILE` never gets through.
 */
export function commandEnv(environment: Environment, caller = process.env): Record<string, string> {
  return { ...scrub(caller), ...environment.entries }
}

export function scrub(caller: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [key, value] of Object.entries(caller)) {
    if (value !== undefined && (INHERITED.has(key) || INHERITED_PREFIX.test(key))) kept[key] = value
  }
  return kept
}

/** Addresses of a Docker engine that can only be this machine's. */
export function isLocalEngine(address: string): boolean {
  return /^(unix|npipe):\/\//.test(address)
}

/** Throws `Refusal` unless the engine is this machine's own: the sandbox is destroyed without asking. */
export function refuseRemoteEngine(environment: Environment, address: string): void {
  if (isLocalEngine(address)) return
  throw new Refusal(
    `The ${environment.name} must run on this machine, and its Docker engine is at ${address}.`,
    {
      hints: ['docker context use default', `or name another environment: --on ENVIRONMENT`],
    },
  )
}
