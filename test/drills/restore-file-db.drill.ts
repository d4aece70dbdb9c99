import {
  copies,
  type FileWriter,
  file,
  path,
  removeCopies,
  removeFiles,
  rowsInFile,
  type Scene,
  startFileWriter,
  takeCopy,
} from './file-writer.ts'
import { drill, inSecrets, mayLack, twin } from './stack.ts'

const params = () => ({ FILE_DB: file, FROM: 'store:backups/files' })
const writers = new Map<string, FileWriter>()

/** Rows, a copy of them, and more rows. */
async function begin(scene: Scene): Promise<FileWriter> {
  await removeFiles(scene)
  await removeCopies(scene)
  const writer = await startFileWriter(scene)
  writers.set(scene.stack.name, writer)
  await writer.written(100)
  scene.notes.copied = String(writer.last())
  await takeCopy(scene)
  scene.notes.later = String(writer.last())
  await writer.written(50)
  return writer
}

async function end(scene: Scene): Promise<void> {
  await writers.get(scene.stack.name)?.stop()
  await removeFiles(scene)
  await removeCopies(scene)
}

const kept = async ({ run }: Scene) =>
  (await run('file-tools', 'bash', '-c', 'cd /var/lib/files; ls -d shelf.db.replaced-*')).trim()

/** What was promised before the copy is there, nothing that came after it, and the application writes on. */
async function verify(scene: Scene): Promise<void> {
  await writers.get(scene.stack.name)?.stop()
  const rows = await rowsInFile(scene)
  if (rows < Number(scene.notes.copied) || rows > Number(scene.notes.later) + 1)
    throw new Error(`${rows} rows; the copy was made from ${scene.notes.copied} to ${scene.notes.later}.`)
  const old = await kept(scene)
  // With its write-ahead log, if it still had one: of another file’s log the copy would take pages.
  if (!/^(shelf\.db\.replaced-\w+)(\n\1-wal)?$/.test(old)) throw new Error(`Kept of the old file: ${old}`)
  const writer = await startFileWriter(scene)
  writers.set(scene.stack.name, writer)
  await writer.written(5)
  await writer.stop()
  if ((await rowsInFile(scene)) < rows + 5) throw new Error('The application’s new rows are not in its file.')
  await end(scene)
}

drill('restore-file-db', {
  scenario: 'Rows are deleted by mistake, and the application writes on',
  async prepare(scene) {
    await begin(scene)
  },
  async disaster(scene) {
    await scene.run('file-tools', 'sqlite3', path, '.timeout 5000', 'delete from notes where n < 60')
    await writers.get(scene.stack.name)?.written(5)
  },
  params,
  limits: { rpo: 0 },
  verify,
  mutants: true,
})

drill('restore-file-db', {
  scenario: 'The file is overwritten with noise',
  async prepare(scene) {
    const writer = await begin(scene)
    await writer.stop()
  },
  disaster: ({ run }) => run('file-tools', 'bash', '-c', `head -c 200000 /dev/urandom >${path}`),
  params,
  limits: { rpo: 0 },
  verify,
})

/** As a store leaves it whose disk was full, or a line that broke. */
const cutOff = `set -e
address=store:backups/files/$(rclone lsf --include '*.age' store:backups/files)
rclone cat --count 5000 "$address" >/tmp/cut
rclone copyto --s3-no-check-bucket --ignore-times /tmp/cut "$address"
rm /tmp/cut`

twin('restore-file-db', {
  twin: 'The copy in the store is cut off',
  async break(scene) {
    await begin(scene)
    await scene.exec('toolbox', 'bash', '-c', cutOff)
  },
  async mend(scene) {
    const writer = writers.get(scene.stack.name)
    await writer?.written(5)
    await writer?.stop()
    const rows = await rowsInFile(scene)
    if (rows < (writer?.last() ?? 0)) throw new Error(`Of ${writer?.last()} rows ${rows} are left.`)
    await end(scene)
  },
  params,
  message: /is not what was written: its checksum is another one. It does not count/,
})

/** An operator who is gone has left it on trial: nobody knows whether it can be read. */
twin('restore-file-db', {
  twin: 'The only copy has never passed',
  async break(scene) {
    await begin(scene)
    const record = (await copies(scene)).find((name) => name.endsWith('.json')) ?? ''
    const at = `store:backups/files/${record}`
    await scene.exec('toolbox', 'rclone', 'moveto', at, at.replace(/json$/, 'trial'))
  },
  mend: end,
  params,
  message: /There is no copy of shelf\.db in store:backups\/files that has passed/,
})

/** Found out when the files have been swapped: going back must bring the old one back, with every row. */
twin('restore-file-db', {
  twin: 'The application does not come up again',
  async break(scene) {
    const writer = await begin(scene)
    scene.notes.last = String(writer.last())
    await inSecrets(
      scene,
      'cd /run/secrets/app && mv database-url kept && echo postgres://nobody@nowhere/app >database-url',
    )
  },
  async mend(scene) {
    await inSecrets(scene, 'cd /run/secrets/app && mv kept database-url')
    const running = await scene.stack.compose(['ps', '--status', 'running', '--quiet', 'app'])
    if (running) await scene.stack.compose(['restart', 'app'])
    await writers.get(scene.stack.name)?.stop()
    const rows = await rowsInFile(scene)
    if (rows < Number(scene.notes.last)) throw new Error(`Of ${scene.notes.last} rows ${rows} are left.`)
    await end(scene)
  },
  params,
  message: /readyz|503|not ready|unhealthy|failed/i,
  mutants: true,
})

mayLack('restore-file-db', {
  command: 'app:3000/readyz',
  why: 'It waits until users are served. It tells when the incident is over.',
})
mayLack('restore-file-db', { command: 'tell-file-db', why: 'It only tells.' })
