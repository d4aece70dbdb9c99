import { createHash } from 'node:crypto'
import { drill, inSecrets, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

/** Files that were not there, or not any more, at the moment: none of them may come back or go. */
async function prepare({ exec, notes, sql, http }: Scene & Tools): Promise<void> {
  await exec('toolbox', 'sh', '-c', 'printf old | rclone rcat store:assets/extra/deleted-before')
  await exec('toolbox', 'rclone', 'deletefile', 'store:assets/extra/deleted-before')
  notes.id = await sql`select min(id::text) from books`
  const { body } = await http(`/api/books/${notes.id}`)
  notes.cover = JSON.parse(body).cover.url
  notes.key = await sql`select cover_key from books where id = '${notes.id}'`
  notes.hash = hash((await http(notes.cover ?? '')).body)
  notes.versions = await versions({ exec })
}

const hash = (body: string) => createHash('sha256').update(body, 'latin1').digest('hex')

/** What a user uploads after the moment. */
const newSince = ({ exec }: Tools) =>
  exec('toolbox', 'sh', '-c', "printf 'new – ü & <b>' | rclone rcat 'store:assets/extra/new ü & since'")

async function verify({ exec, notes }: Scene & Tools): Promise<void> {
  const extra = await exec('toolbox', 'rclone', 'lsf', 'store:assets/extra')
  if (extra !== 'new ü & since') throw new Error(`Of the files beside there are: ${extra}`)
  // Nothing is ever removed for good: every version that was there is there.
  const now = (await versions({ exec })).split('\n')
  const gone = (notes.versions ?? '').split('\n').filter((version) => !now.includes(version))
  if (gone.length > 0) throw new Error(`The bucket lacks ${gone.length} versions, such as ${gone[0]}`)
}

/** Every version of every file that holds bytes. */
const versions = ({ exec }: Pick<Tools, 'exec'>) =>
  exec('toolbox', 'sh', '-c', 'assets-versions | grep \'"deleted":false\' | jq -r .id | sort')

/** A user who looks at one of the covers. */
const coverIsThere = ({ http, notes }: Scene & Tools) =>
  http(notes.cover ?? '')
    .then(({ status, body }) => status === 200 && hash(body) === notes.hash)
    .catch(() => false)

const common = { prepare, limits: { rpo: 0 }, serving: coverIsThere }

drill('recover-objects', {
  ...common,
  scenario: 'The bucket is emptied',
  async disaster(scene) {
    await scene.exec('toolbox', 'rclone', 'delete', 'store:assets/covers')
    await newSince(scene)
  },
  params: ({ before }) => ({ MOMENT: before }),
  verify,
  newObjects: ['extra/new ü & since'],
  mutants: true,
})

/** The second is overwritten and then deleted. */
drill('recover-objects', {
  ...common,
  scenario: 'Files are overwritten with something else',
  async disaster(scene) {
    await newSince(scene)
    const script = `set -eu
      rclone lsf store:assets/covers | head -n 20 | while read -r name; do
        printf '<svg xmlns="http://www.w3.org/2000/svg"/>' | rclone rcat "store:assets/covers/$name"
      done
      printf broken | rclone rcat "store:assets/$1"
      rclone deletefile "store:assets/covers/$(rclone lsf store:assets/covers | sed -n 2p)"`
    await scene.exec('toolbox', 'bash', '-c', script, 'overwrite', scene.notes.key ?? '')
  },
  params: ({ before }) => ({ MOMENT: before, PREFIX: 'covers/', WHICH: 'changed' }),
  verify,
  newObjects: ['extra/new ü & since'],
})

twin('recover-objects', {
  twin: 'The moment is after the incident',
  async break() {},
  async mend() {},
  params: () => ({ MOMENT: '2199-01-01 00:00:00+00' }),
  message: /Nothing was lost after that moment/,
})

twin('recover-objects', {
  twin: 'The key of the store is wrong',
  break: (context) => inSecrets(context, 'echo wrong > /run/secrets/toolbox/s3-secret-key'),
  mend: ({ stack }) => stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets']),
  params: ({ before }) => ({ MOMENT: before }),
  message: /SignatureDoesNotMatch|403/,
})
