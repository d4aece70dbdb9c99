/** A store that is soon full, and what fills it. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tools } from './stack.ts'

/** What the store may hold then, in bytes: four fifths of its size. */
export const quota = 0.8 * 256 * 2 ** 20

/** The stack's store gets that size. */
export const limitStore = async (name: string, root: string): Promise<void> =>
  appendFileSync(join(root, 'environments', `${name}.env`), "STORE_SIZE='256M'\n")

/** Until a photo is refused, and little more is taken. */
const untilRefused = (put: string) => `set -eu
n=0
# Again and again: the store estimates what it holds, and corrects that now and then.
for round in 1 2 3 4 5; do
  for size in 8M 512k 32k 4k; do
    head -c "$size" /dev/urandom >/tmp/filling
    while ${put}; do n=$((n + 1)); [ $n -lt 2000 ] || exit 1; done
  done >/dev/null 2>/tmp/refused
  sleep 1
  head -c 512k /dev/urandom >/tmp/filling
  if store-request PUT "$0" /tmp/filling 2>&1 | grep -o QuotaExceeded; then exit; fi
done
exit 1`

/** Writes the same file again and again: every former version stays. */
export const overwrite = ({ exec }: Tools, file: string) =>
  exec('store', 'bash', '-c', untilRefused('store-request PUT "$0" /tmp/filling'), file)

/** As many parts as are taken of a file that never comes to its end. */
export const uploadInParts = ({ exec }: Tools, file: string) =>
  exec(
    'store',
    'bash',
    '-c',
    `id=$(store-request POST "$0?uploads=" | sed -n 's/.*<UploadId>\\(.*\\)<.UploadId>.*/\\1/p')
${untilRefused('store-request PUT "$0?partNumber=$((n + 1))&uploadId=$id" /tmp/filling')}`,
    file,
  )

export interface Version {
  key: string
  id: string
  deleted: boolean
  latest: boolean
  size: number
}

/** Every version in a bucket, as the store's own interface for users lists them. */
export async function versionsIn({ exec }: Tools, bucket: string): Promise<Version[]> {
  const listed = await exec('toolbox', 'env', `ASSETS_BUCKET=${bucket}`, 'assets-versions')
  return listed
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/** The bytes of all versions in both buckets. */
export async function usedBytes(tools: Tools): Promise<number> {
  const all = await Promise.all(['assets', 'backups'].map((bucket) => versionsIn(tools, bucket)))
  return all.flat().reduce((sum, { size }) => sum + size, 0)
}
