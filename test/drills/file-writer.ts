/** An application that keeps a SQLite file of its own: a process in its container that commits numbered rows. */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import type { drill, Tools } from './stack.ts'

export type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0] & Tools

export interface FileWriter {
  /** The number of the last row that was promised: it was committed before it was said. */
  last(): number
  /** Resolves when so many more rows have been promised. */
  written(rows: number): Promise<void>
  stop(): Promise<void>
}

export const file = 'shelf.db'
export const path = `/var/lib/files/${file}`

/** Never moves its log into the file by itself: so a copy of the file alone has nothing of what was written. */
const program = `const { DatabaseSync } = require('node:sqlite')
const db = new DatabaseSync('${path}')
db.exec('pragma journal_mode = wal; pragma wal_autocheckpoint = 0; pragma busy_timeout = 5000')
db.exec('create table if not exists notes (n integer primary key, payload text)')
let { n } = db.prepare('select coalesce(max(n), 0) n from notes').get()
const add = db.prepare('insert into notes values (?, ?)')
process.stdin.resume().on('end', () => process.exit())
setInterval(() => { add.run(++n, n + '-' + '0'.repeat(3000)); console.log(n) }, 20)`

/** What every row must be, so that one that is torn is found. */
const asWritten = "n || '-' || hex(zeroblob(1500))"

/** Starts it in a container of the application, as the application’s user. It goes with that container, or with this process. */
export async function startFileWriter({ stack }: Scene): Promise<FileWriter> {
  const command = ['compose', 'exec', '-T', 'app', 'node', '--no-warnings', '-e', program]
  const child = spawn('docker', command, { cwd: stack.root, env: stack.env, stdio: 'pipe' })
  let last = 0
  let complaint = ''
  let ended = false
  child.stdin.on('error', () => {})
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const [line] = text.trim().split('\n').slice(-1)
    last = Number(line)
  })
  const over = new Promise<void>((resolve) =>
    child.on('close', () => {
      ended = true
      resolve()
    }),
  )
  const writer: FileWriter = {
    last: () => last,
    async written(rows) {
      for (const wanted = last + rows; last < wanted; await sleep(50))
        if (ended) throw new Error(`The application writes no row into its file: ${complaint.slice(-500)}`)
    },
    async stop() {
      child.stdin.end()
      await over
    },
  }
  await writer.written(1)
  return writer
}

/** Whatever earlier plays have left. */
export const removeFiles = ({ run }: Scene) =>
  run('file-tools', 'bash', '-c', 'rm -rf /var/lib/files/shelf.db*')

export const removeCopies = ({ exec }: Scene, from = 'store:backups/files') =>
  exec('toolbox', 'sh', '-c', 'rclone delete "$1" || [ $? = 3 ]', 'sh', from)

export const copies = async ({ exec }: Scene, from = 'store:backups/files') =>
  (await exec('toolbox', 'sh', '-c', 'rclone lsf -R --files-only "$1" || [ $? = 3 ]', 'sh', from))
    .split('\n')
    .filter(Boolean)
    .sort()

/** Throws unless the rows are 1, 2, 3 and so on, each as it was written. Resolves to how many there are. */
function checkRows(answer: string): number {
  const [rows, first, last, torn] = answer.trim().split('|').map(Number)
  if (first !== 1 || rows !== last || torn !== 0) throw new Error(`The rows are not whole: ${answer}`)
  return Number(rows)
}
const rowsQuery = `select count(*), min(n), max(n), coalesce(sum(payload <> ${asWritten}), 0) from notes`

export const rowsInFile = async ({ run }: Scene) =>
  checkRows(await run('file-tools', 'sqlite3', `file:${path}?mode=rw`, rowsQuery))

/** Reads the newest copy as an operator would elsewhere: from the store, with nothing but the key. */
export const rowsInCopy = async ({ exec }: Scene, from = 'store:backups/files') => {
  const read =
    'set -eo pipefail; cd "$(mktemp -d)"; read-file-copy "$1" "$2" | tar -x; sqlite3 copy "$3"; rm -r "$PWD"'
  return checkRows(await exec('toolbox', 'bash', '-c', read, 'bash', from, file, rowsQuery))
}

/** Takes a copy with the programs of the runbook, for what begins when there is one. */
export async function takeCopy({ stack }: Scene): Promise<void> {
  const compose = 'docker compose'
  const script = `set -eo pipefail
    copy=$(${compose} run --rm --no-deps -T file-tools copy-file-db ${file} | ${compose} exec -T toolbox keep-file-copy store:backups/files ${file})
    ${compose} exec -T toolbox keep-file-copy --passed "$copy"`
  await execa('bash', ['-c', script], { cwd: stack.root, env: stack.env, extendEnv: false })
}
