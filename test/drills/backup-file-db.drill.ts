import {
  copies,
  type FileWriter,
  file,
  path,
  removeCopies,
  removeFiles,
  rowsInCopy,
  type Scene,
  startFileWriter,
} from './file-writer.ts'
import { drill, inSecrets, mayLack, twin } from './stack.ts'

const destination = 'store:backups/files'
const params = () => ({ FILE_DB: file, DESTINATION: destination })
const writers = new Map<string, FileWriter>()

async function begin(scene: Scene): Promise<FileWriter> {
  await removeFiles(scene)
  await removeCopies(scene)
  const writer = await startFileWriter(scene)
  writers.set(scene.stack.name, writer)
  await writer.written(150)
  return writer
}

async function end(scene: Scene): Promise<void> {
  await writers.get(scene.stack.name)?.stop()
  await removeFiles(scene)
  await removeCopies(scene)
}

/** Why there is this runbook: of a file whose log was never moved into it, `cp` copies nothing that was written. */
const rowsOfPlainCopy = ({ exec }: Scene) => {
  const count = `const { DatabaseSync } = require('node:sqlite')
    try { console.log(new DatabaseSync('/tmp/plain.db').prepare('select count(*) n from notes').get().n) } catch { console.log(0) }`
  return exec(
    'app',
    'sh',
    '-c',
    `cp ${path} /tmp/plain.db; node --no-warnings -e "$1"; rm /tmp/plain.db*`,
    'sh',
    count,
  )
}

drill('backup-file-db', {
  scenario: 'A SQLite file is copied while the application writes into it',
  async prepare(scene) {
    await begin(scene)
  },
  async disaster(scene) {
    const writer = writers.get(scene.stack.name)
    scene.notes.plain = await rowsOfPlainCopy(scene)
    scene.notes.promised = String(writer?.last())
  },
  params,
  limits: { rto: 0, rpo: 0 },
  async verify(scene) {
    const writer = writers.get(scene.stack.name)
    const promised = Number(scene.notes.promised)
    const names = (await copies(scene)).map((name) => name.replace(/-\d{8}T\d{6}Z/, ''))
    if (names.join() !== `${file}.age,${file}.json`) throw new Error(`In the store: ${names}`)
    const rows = await rowsInCopy(scene)
    if (rows < promised) throw new Error(`The copy has ${rows} of ${promised} rows.`)
    const before = writer?.last() ?? 0
    await writer?.written(20)
    if (rows > before) throw new Error('The copy has rows that nobody has written.')
    if (before < promised + 20) throw new Error('Nothing was written while the copy was made.')
    if (Number(scene.notes.plain) >= promised) throw new Error('A plain copy would have done.')
    await end(scene)
  },
  mutants: true,
})

twin('backup-file-db', {
  twin: 'The file is damaged',
  async break(scene) {
    const writer = await begin(scene)
    await writer.stop()
    // The last one who closes the file has moved the log into it.
    const damage = `sqlite3 ${path} 'pragma wal_checkpoint(truncate)' >/dev/null
      dd if=/dev/urandom of=${path} bs=4096 seek=20 count=1 conv=notrunc status=none`
    await scene.run('file-tools', 'bash', '-c', damage)
  },
  async mend(scene) {
    const left = await copies(scene)
    await end(scene)
    if (left.length > 0) throw new Error(`A copy of a damaged file was kept: ${left}`)
  },
  params,
  message: /cannot be read, or cannot be copied. Nothing was kept|is damaged/,
})

twin('backup-file-db', {
  twin: 'The file is empty',
  async break(scene) {
    await removeFiles(scene)
    await removeCopies(scene)
    await scene.run('file-tools', 'touch', path)
  },
  async mend(scene) {
    const left = await copies(scene)
    await removeFiles(scene)
    if (left.length > 0) throw new Error(`A copy of nothing was kept: ${left}`)
  },
  params,
  message: /is no SQLite database: it is empty/,
})

/** It is taken, but nobody could read it: it must not count. */
twin('backup-file-db', {
  twin: 'The key that reads the copy is another one',
  async break(scene) {
    await begin(scene)
    await inSecrets(scene, 'age-keygen > /tmp/key 2>/dev/null; cat /tmp/key > /run/secrets/toolbox/dump.key')
  },
  async mend(scene) {
    await scene.stack.compose(['run', '--rm', '--no-deps', '-T', 'secrets'])
    const left = await copies(scene)
    await end(scene)
    if (left.length > 0) throw new Error(`A copy that cannot be read was kept: ${left}`)
  },
  params,
  message: /cannot be decrypted with this environment's key/,
  mutants: true,
})

mayLack('backup-file-db', { command: 'rclone lsl', why: 'It only lists.' })
