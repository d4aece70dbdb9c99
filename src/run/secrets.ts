/**
 * What must never be shown of an environment: entries that are declared or named like a secret, and what stands in
 * the files that such entries name.
 */
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Environment } from './environment.ts'
import { UsageError } from './errors.ts'

const SECRET_NAME = /(PASSWORD|PASSPHRASE|SECRET|TOKEN|_KEY|_DSN|WEBHOOK)$/
/** Keys and tokens are smaller; each form of a larger one would be searched for in every line of output. */
const LARGEST = 16 * 1024
/** The value of a line `NAME=value` in a secret file, if it is too long to be `true` or a port. */
const ASSIGNMENT = /^\s*(?:export\s+)?[\w.-]+\s*[=:]\s*(.{8,})$/

/** Every text that is secret in this environment. Throws `UsageError` if a secret file cannot be read. */
export function secretsOf(root: string, environment: Environment): string[] {
  return [...secretEntries(environment), ...secretFiles(environment).flatMap((file) => contents(root, file))]
}

/** Entries whose values are never shown: named in `SECRETS='A B'`, or named like a secret. */
function secretEntries(environment: Environment): string[] {
  return Object.entries(environment.entries)
    .filter(([key]) => isSecret(environment, key))
    .map(([, value]) => value)
    .filter((value) => value !== '')
}

function isSecret({ entries }: Environment, key: string): boolean {
  return words(entries.SECRETS).includes(key) || SECRET_NAME.test(key)
}

function words(list = ''): string[] {
  return list.split(/\s+/).filter(Boolean)
}

interface SecretFile {
  path: string
  /** The entry that names it. */
  entry: string
  /** False for `NAME_FILE`, which may be a path inside a container. */
  required: boolean
}

/** Named in `SECRET_FILES='PATH PATH'`, or by `NAME_FILE=PATH` where `NAME` would be secret. */
function secretFiles(environment: Environment): SecretFile[] {
  const { entries } = environment
  const listed = words(entries.SECRET_FILES).map((path) => ({ path, entry: 'SECRET_FILES', required: true }))
  const named = Object.entries(entries)
    .filter(([key, path]) => path && key.endsWith('_FILE') && isSecret(environment, key.slice(0, -5)))
    .map(([entry, path]) => ({ path, entry, required: false }))
  return [...listed, ...named]
}

function contents(root: string, { path, entry, required }: SecretFile): string[] {
  const file = resolve(root, path)
  let text: string
  try {
    const { size } = statSync(file)
    if (size > LARGEST) throw new Error(`it is larger than ${LARGEST / 1024} KiB`)
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!required && code === 'ENOENT') return []
    throw new UsageError(
      `The secret file ${path} cannot be read, so it could not be kept out of the record.`,
      {
        hints: [`found ${code ?? message}`, `${entry} of the environment's file names it.`],
      },
    )
  }
  const values = text.split(/\r?\n/).flatMap((line) => ASSIGNMENT.exec(line)?.[1]?.trim() ?? [])
  return [text, ...values, ...values.map((value) => value.replace(/^(["'])(.*)\1,?$/, '$2'))].filter(Boolean)
}
