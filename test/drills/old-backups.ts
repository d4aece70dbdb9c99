/** Backups that are older than they are: nobody took another since. */
import { createHash } from 'node:crypto'
import type { Stack } from '#drill'

const files = ['backup/main/backup.info', 'backup/main/backup.info.copy']

/** Sets back when each backup was taken, as the repository tells it. */
export async function ageBackups({ stack }: { stack: Stack }, hours: number): Promise<void> {
  const pgbackrest = ['exec', '-T', 'db', 'pgbackrest', '--log-level-console=off']
  for (const file of files) {
    const told = await stack.compose([...pgbackrest, 'repo-get', file])
    await stack.compose([...pgbackrest, 'repo-put', file], { input: aged(told, hours * 3600) })
  }
}

const checksum = /^backrest-checksum="(.*)"$/m

/** pgBackRest trusts only a file whose checksum is right. */
function aged(told: string, seconds: number): string {
  if (checksumOf(told) !== checksum.exec(told)?.[1])
    throw new Error('pgBackRest counts the checksum of what it knows about backups in another way.')
  const earlier = told.replace(
    /("backup-timestamp-(?:start|stop)":)(\d+)/g,
    (_all, name: string, at: string) => `${name}${Number(at) - seconds}`,
  )
  return `${earlier.replace(checksum, `backrest-checksum="${checksumOf(earlier)}"`)}\n`
}

/** Of sections with keys and values as one line of JSON, without the checksum’s own. */
function checksumOf(told: string): string {
  const sections = told.split(/^(?=\[)/m).flatMap((text) => {
    const [head = '', ...lines] = text.split('\n').filter(Boolean)
    const values = lines.filter((line) => !checksum.test(line))
    const pairs = values.map((line) => line.replace(/^([^=]*)=/, '"$1":'))
    return pairs.length > 0 ? [`"${head.slice(1, -1)}":{${pairs.join(',')}}`] : []
  })
  return createHash('sha1')
    .update(`{${sections.join(',')}}`)
    .digest('hex')
}
