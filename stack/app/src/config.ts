import { readFileSync } from 'node:fs'
import * as z from 'zod'

/** What error messages and the documentation say about a variable. */
type Facts = {
  type: 'url' | 'text' | 'path' | 'choice' | 'number'
  /** Completes “expected …”. */
  expected: string
  example: string
  description: string
  /** Its value is never printed. */
  secret?: true
}

const facts = z.registry<Facts>()

// Functions: facts belong to one instance of a schema.
const postgresUrl = () => z.url({ protocol: /^postgres(ql)?$/ })
const webUrl = () => z.url({ protocol: /^https?$/ })

const schema = z.object({
  DATABASE_URL: postgresUrl().register(facts, {
    type: 'url',
    secret: true,
    expected: 'the address of the database behind the pooler',
    example: 'postgres://app:password@pooler:6432/app',
    description: 'The database, through PgBouncer in transaction mode.',
  }),
  DATABASE_DIRECT_URL: postgresUrl().register(facts, {
    type: 'url',
    secret: true,
    expected: 'the address of the database itself, not of the pooler',
    example: 'postgres://app:password@db:5432/app',
    description:
      'The database without the pooler, as the owner of the tables; migrations need session state.',
  }),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).register(facts, {
    type: 'url',
    secret: true,
    expected: 'the address of Redis',
    example: 'redis://:password@cache:6379/0',
    description: 'Sessions, and the flags that an operator sets.',
  }),
  S3_ENDPOINT: webUrl().register(facts, {
    type: 'url',
    expected: 'an http or https address',
    example: 'https://store:7480',
    description: 'The S3 service that keeps the covers.',
  }),
  S3_REGION: z.string().min(1).default('us-east-1').register(facts, {
    type: 'text',
    expected: 'the name of a region',
    example: 'us-east-1',
    description: 'Part of every S3 signature; most stores outside AWS take any.',
  }),
  S3_BUCKET_ASSETS: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
    .default('assets')
    .register(facts, {
      type: 'text',
      expected: 'the name of a bucket: 3 to 63 lower-case letters, digits, dots or hyphens',
      example: 'assets',
      description: 'The bucket of the covers. It must exist.',
    }),
  S3_ACCESS_KEY: z.string().min(1).register(facts, {
    type: 'text',
    secret: true,
    expected: 'the access key of a user who may read and write the assets bucket',
    example: 'app',
    description: 'S3 access key.',
  }),
  S3_SECRET_KEY: z.string().min(1).register(facts, {
    type: 'text',
    secret: true,
    expected: 'the secret key that belongs to S3_ACCESS_KEY',
    example: 'a long random text',
    description: 'S3 secret key.',
  }),
  S3_CA_FILE: z.string().refine(readable).optional().register(facts, {
    type: 'path',
    expected: 'the path of a readable PEM file',
    example: '/run/secrets/app/ca.pem',
    description: 'Certificate authority of S3_ENDPOINT when it is a private one.',
  }),
  APP_URL: webUrl().register(facts, {
    type: 'url',
    expected: 'the address that users type',
    example: 'https://books.example.org',
    description: 'The public address. With https, session cookies are marked Secure.',
  }),
  APP_SECRET: z.string().min(32).register(facts, {
    type: 'text',
    secret: true,
    expected: 'at least 32 random characters',
    example: 'the output of: openssl rand -base64 48',
    description: 'Signs session cookies.',
  }),
  APP_SECRET_PREVIOUS: z.string().min(32).optional().register(facts, {
    type: 'text',
    secret: true,
    expected: 'the former or the next APP_SECRET, at least 32 characters',
    example: 'the former value of APP_SECRET',
    description: 'Accepted as well, while the secret is being rotated; who uses it gets a new signature.',
  }),
  APP_VERSION: z.string().min(1).default('dev').register(facts, {
    type: 'text',
    expected: 'the version that runs',
    example: '0.1.0',
    description: 'Shown by /version, in the footer and in metrics.',
  }),
  APP_COMMIT: z.string().min(1).default('unknown').register(facts, {
    type: 'text',
    expected: 'the commit that was built',
    example: '8a10209',
    description: 'Shown by /version and in metrics.',
  }),
  MAINTENANCE: z.enum(['on', 'off']).default('off').register(facts, {
    type: 'choice',
    expected: 'on or off',
    example: 'off',
    description: 'On: every request but health, metrics and version is answered 503 with Retry-After.',
  }),
  CATALOGUE_URL: webUrl().optional().register(facts, {
    type: 'url',
    expected: 'an http or https address',
    example: 'https://catalogue.example.org/describe',
    description:
      'Somebody else’s service that describes books: asked with title and author, it answers {"description": "…"} or 404. Without it there are no descriptions.',
  }),
  PORT: z.coerce.number().int().min(1).max(65535).default(3000).register(facts, {
    type: 'number',
    expected: 'a port from 1 to 65535',
    example: '3000',
    description: 'The port that HTTP is served on.',
  }),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').register(facts, {
    type: 'choice',
    expected: 'debug, info, warn or error',
    example: 'info',
    description: 'Least severe line that is logged.',
  }),
})

export type Config = z.output<typeof schema>
type Name = keyof Config

const data = [
  'DATABASE_URL',
  'S3_ENDPOINT',
  'S3_REGION',
  'S3_BUCKET_ASSETS',
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY',
  'S3_CA_FILE',
] as const

/** Which command reads which variables. A command never asks for what it does not use. */
const needs = {
  serve: [
    ...data,
    'REDIS_URL',
    'APP_URL',
    'APP_SECRET',
    'APP_SECRET_PREVIOUS',
    'APP_VERSION',
    'APP_COMMIT',
    'MAINTENANCE',
    'CATALOGUE_URL',
    'PORT',
    'LOG_LEVEL',
  ],
  migrate: ['DATABASE_DIRECT_URL', 'LOG_LEVEL'],
  seed: [...data, 'LOG_LEVEL'],
  reconcile: [...data, 'LOG_LEVEL'],
  maintenance: ['REDIS_URL', 'LOG_LEVEL'],
} as const satisfies Record<string, readonly Name[]>

export type Command = keyof typeof needs
export type ConfigOf<C extends Command> = Pick<Config, (typeof needs)[C][number]>

export type ConfigProblem = { name: string; found: string; expected: string; remedy: string }

/** Carries every problem of the environment at once. */
export class ConfigError extends Error {
  readonly problems: ConfigProblem[]

  constructor(problems: ConfigProblem[]) {
    super(
      [
        `The environment has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}. Nothing was started.`,
        ...problems.map(
          (p) =>
            `\n  ${p.name}\n    found:    ${p.found}\n    expected: ${p.expected}\n    to do:    ${p.remedy}`,
        ),
      ].join('\n'),
    )
    this.problems = problems
  }
}

type Environment = Record<string, string | undefined>
type Entry = { value: string | undefined; source: string } | ConfigProblem

/**
 * Reads what `command` needs from `environment`. Each variable may be given as `NAME`, or as `NAME_FILE`: the path
 * of a file that holds the value. An empty value counts as none, since Compose passes unset variables as empty ones.
 * Throws ConfigError with all problems.
 */
export function readConfig<C extends Command>(command: C, environment: Environment): ConfigOf<C> {
  const problems: ConfigProblem[] = []
  const config: Record<string, unknown> = {}
  for (const name of needs[command] as readonly Name[]) {
    const entry = readEntry(name, environment)
    if ('remedy' in entry) {
      problems.push(entry)
      continue
    }
    const result = schema.shape[name].safeParse(entry.value)
    if (result.success) config[name] = result.data
    else problems.push(describeProblem(name, entry))
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return config as ConfigOf<C>
}

function readEntry(name: Name, environment: Environment): Entry {
  const value = environment[name] || undefined
  const path = environment[`${name}_FILE`] || undefined
  if (path === undefined) return { value, source: name }
  const problem = { name: `${name}_FILE`, expected: factsOf(name).expected }
  if (value !== undefined)
    return { ...problem, found: `${name} as well`, remedy: `unset ${name} or ${name}_FILE` }
  try {
    return { value: readFileSync(path, 'utf8').replace(/\r?\n$/, '') || undefined, source: `${name}_FILE` }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    return {
      ...problem,
      found: `${path}: ${code}`,
      remedy: `put the value into that file, readable by this user`,
    }
  }
}

function describeProblem(name: Name, entry: { value: string | undefined; source: string }): ConfigProblem {
  const { expected, example, secret } = factsOf(name)
  const found =
    entry.value === undefined
      ? 'nothing'
      : secret
        ? `a value of ${entry.value.length} characters that does not fit (not shown: it is a secret)`
        : JSON.stringify(entry.value)
  const remedy =
    entry.source === name
      ? `set ${name}, for example ${example}${secret ? `, or ${name}_FILE to the path of a file that holds it` : ''}`
      : `correct the content of the file that ${entry.source} names`
  return { name: entry.source, found, expected, remedy }
}

function factsOf(name: Name): Facts {
  const found = facts.get(schema.shape[name])
  if (!found) throw new Error(`${name} has no facts in config.ts`)
  return found
}

function readable(path: string): boolean {
  try {
    readFileSync(path)
    return true
  } catch {
    return false
  }
}

export type Variable = Facts & {
  name: Name
  required: boolean
  default: string | undefined
  commands: Command[]
}

/** Every variable with its facts, for the documentation and for `.env.example`. */
export function listVariables(): Variable[] {
  return (Object.keys(schema.shape) as Name[]).map((name) => {
    const unset = schema.shape[name].safeParse(undefined)
    return {
      name,
      ...factsOf(name),
      required: !unset.success,
      default: unset.success && unset.data !== undefined ? String(unset.data) : undefined,
      commands: (Object.keys(needs) as Command[]).filter((c) =>
        (needs[c] as readonly string[]).includes(name),
      ),
    }
  })
}
