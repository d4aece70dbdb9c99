/** The recovery kit as an operator has it: a file and a key, on a machine that is not the server. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { atEnd, type Stack } from '#drill'
import { inSecrets } from './stack.ts'

export interface Kit {
  /** The checkout. The two files are named from there. */
  root: string
  /** The encrypted file. */
  file: string
  /** The file with the private half of its key. */
  key: string
  recipient: string
}

const kits = new Map<string, Kit>()

atEnd(() => {
  for (const { root, file, key } of kits.values())
    for (const path of [file, `${file}.new`, key]) rmSync(join(root, path), { force: true })
})

const image = ({ entries }: Stack) => `drillbook/toolbox:${entries.IMAGE_TAG ?? 'dev'}`

/** A program of the toolbox's image on this machine, without any stack. */
async function inImage(stack: Stack, command: string[], input = ''): Promise<string> {
  const run = ['run', '--rm', '--interactive', '--network', 'none', image(stack), ...command]
  return (await execa('docker', run, { input })).stdout
}

export async function ageKey(stack: Stack): Promise<{ text: string; recipient: string }> {
  const text = await inImage(stack, ['sh', '-c', 'age-keygen 2>/dev/null'])
  return { text: `${text}\n`, recipient: /age1\w+/.exec(text)?.[0] ?? '' }
}

/**
 * The place for the kit of a stack, with a key; the same one until the process ends. Beside the environment's file, so that
 * it comes along to the other machine of a crash test.
 */
export async function kitOf(stack: Stack): Promise<Kit> {
  const known = kits.get(stack.name)
  if (known) return known
  const place = `environments/${stack.name}.kit`
  const { text, recipient } = await ageKey(stack)
  const kit = { file: `${place}.age`, key: `${place}.key`, recipient, root: stack.root }
  writeFileSync(join(stack.root, kit.key), text, { mode: 0o600 })
  kits.set(stack.name, kit)
  return kit
}

export const textOf = ({ root, file }: Pick<Kit, 'root' | 'file'>): string =>
  readFileSync(join(root, file), 'utf8')

/** The params that every runbook takes for it. */
export function kitParams({ name }: Stack): Record<string, string> {
  const kit = kits.get(name)
  if (!kit) throw new Error('There is no kit.')
  return { KIT_FILE: kit.file, KIT_KEY: kit.key, KIT_RECIPIENT: kit.recipient }
}

/** What is in it, by path. Opened with age and tar alone, by nothing of this stack. */
export async function contentsOf(
  stack: Stack,
  text: string,
  { root, key }: Kit,
): Promise<Record<string, string>> {
  const script = `cd "$(mktemp -d)"; read -r key; cat >kit; echo "$key" >key; age -d -i key kit | tar -x
    find * -type f ! -name kit ! -name key | while read -r name; do echo "$name $(base64 -w0 "$name")"; done`
  const [secret = ''] = /AGE-SECRET-KEY-\w+/.exec(textOf({ root, file: key })) ?? []
  const listed = await inImage(stack, ['bash', '-c', script], `${secret}\n${text}`)
  return decoded(listed)
}

/** `NAME BASE64` in each line. */
export function decoded(text: string): Record<string, string> {
  const pairs = text
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  return Object.fromEntries(
    pairs.map(([name = '', value = '']) => [name, Buffer.from(value, 'base64').toString('utf8')]),
  )
}

/** Each secret of the stack as it is, by name. */
export const secretsIn = async (scene: { stack: Stack }): Promise<Record<string, string>> =>
  decoded(
    await inSecrets(
      scene,
      'cd /run/secrets/.source && for name in *; do echo "$name $(base64 -w0 "$name")"; done',
    ),
  )

/** The environment's file out of the kit, as the page says it. */
export const environmentIn = (stack: Stack, { root, file, key }: Kit): Promise<string> =>
  inImage(
    stack,
    ['read-recovery-kit', '--environment'],
    `${textOf({ root, file })}${textOf({ root, file: key })}`,
  )
