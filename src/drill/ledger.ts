/**
 * The ledger: rows that are committed while the disaster happens, and a record, kept outside of the system, of
 * what the system promised for each. Afterwards the two are compared row by row. That is the proof; an exit
 * code is not.
 *
 * Times are milliseconds since 1970. When a transaction began is read from the system's clock, when its commit was
 * acknowledged from this process's: the drill's containers run on the same kernel and have the same clock. An
 * acknowledgement is rounded up, so that a row is never taken for older than it is.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sha256 } from '../evidence/canonical.ts'

/** How the ledger reaches one system. */
export interface LedgerStore {
  /** Makes an empty ledger, replacing one that is there. */
  create(): Promise<void>
  /** Rejects if the system cannot be reached; it may also wait until it can. */
  connect(): Promise<LedgerConnection>
  /** Every row that is there now. */
  rows(): Promise<Stored[]>
  /** The name of the history that is being written now. A restore begins a new one. */
  lineage(): Promise<string>
}

export interface LedgerConnection {
  /** Writes a row in a transaction that stays open for `holdSeconds`. Resolves when its commit was acknowledged. */
  write(row: { n: number; payload: string; holdSeconds: number }): Promise<{ began: number; lineage: string }>
  close(): Promise<void>
}

/** A row as it is found afterwards. */
export interface Stored {
  n: number
  /** SHA-256 of its payload. */
  hash: string
  /** The history that it was written to, which the row itself says: nobody may have been told of its commit. */
  lineage: string
}

export interface Entry {
  n: number
  hash: string
  /** When the writer sent it: its transaction did not begin before. */
  sent: number
  began?: number
  acknowledged?: number
  lineage?: string
}

export interface Comparison {
  /** Rows whose commit was acknowledged before the disaster. */
  acknowledged: number
  /** Rows whose presence or absence was checked. */
  compared: number
  /** Rows that must be there and are not, or not as they were written. */
  missing: number
  /** Rows that are there and must not be. */
  unexpected: number
  /** Rows that were acknowledged before the disaster and are gone, where the newest state was asked for. */
  lost: number
  /** Disaster − acknowledgement of the oldest lost row, in seconds; 0 if none was; null for a chosen moment. */
  rpo: number | null
  /** The first few that are wrong, in words. */
  problems: string[]
}

export interface Ledger {
  entries: readonly Entry[]
  /** Resolves when `count` more rows have been acknowledged. Rejects if they are not within `seconds`. */
  written(count: number, seconds?: number): Promise<void>
  /** Stops writing and waits for what is under way. */
  stop(): Promise<void>
  /** Reads the table back. The ledger must have been stopped. */
  compare(after: { disaster: number; moment?: number | undefined }): Promise<Comparison>
}

/** Pauses between two rows of the quick writer, and how long the slow writer holds a transaction open. */
const pauseSeconds = 0.03
const holdSeconds = () => 0.05 + Math.random() * 0.25

/** Creates the ledger and begins to write: one writer of many short transactions, one of few that span a while. */
export async function openLedger(store: LedgerStore): Promise<Ledger> {
  await store.create()
  const entries: Entry[] = []
  const stopping = new AbortController()
  const writers = [write(() => 0), write(holdSeconds)]

  async function write(hold: () => number): Promise<void> {
    while (!stopping.signal.aborted) {
      let connection: LedgerConnection | undefined
      try {
        connection = await Promise.race([store.connect(), aborted(stopping.signal)])
        while (connection && !stopping.signal.aborted) {
          await commit(connection, hold())
          await sleep(pauseSeconds * 1000)
        }
      } catch {
        // The system went away. What was under way may have been committed or not; the next row says when it is back.
        await sleep(300)
      } finally {
        await connection?.close()
      }
    }
  }

  async function commit(connection: LedgerConnection, hold: number): Promise<void> {
    const payload = randomBytes(24).toString('hex')
    const entry: Entry = { n: entries.length + 1, hash: sha256(payload), sent: Date.now() }
    entries.push(entry)
    const { began, lineage } = await connection.write({ n: entry.n, payload, holdSeconds: hold })
    Object.assign(entry, { began, lineage, acknowledged: Date.now() + 1 })
  }

  return {
    entries,
    async written(count, seconds = 60) {
      const acknowledged = () => entries.filter((entry) => entry.acknowledged).length
      const wanted = acknowledged() + count
      for (const deadline = Date.now() + seconds * 1000; acknowledged() < wanted; await sleep(50)) {
        if (Date.now() > deadline)
          throw new Error(`The system took fewer than ${count} rows in ${seconds} s.`)
      }
    },
    async stop() {
      stopping.abort()
      await Promise.all(writers)
    },
    async compare({ disaster, moment }) {
      return compare(entries, await store.rows(), { disaster, moment, lineage: await store.lineage() })
    },
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

/**
 * What the table must hold:
 * - rows written to the history that is served now: all that were acknowledged, and what else was committed;
 * - for a chosen moment: all that were acknowledged before it, none whose transaction began after it;
 * - for the newest state: everything up to some point, without a hole. What was acknowledged and is gone is lost.
 */
export function compare(
  entries: readonly Entry[],
  stored: readonly Stored[],
  after: { disaster: number; moment?: number | undefined; lineage: string },
): Comparison {
  const { disaster, moment, lineage } = after
  const present = new Map(stored.map((row) => [row.n, row]))
  const problems: string[] = []
  const count = { acknowledged: 0, compared: 0, missing: 0, unexpected: 0 }
  let oldestLost: number | undefined
  let lost = 0
  const isOfNow = (entry: Entry) => (entry.lineage ?? present.get(entry.n)?.lineage) === lineage
  const older = entries.filter((entry) => !isOfNow(entry))
  const newestStart = Math.max(0, ...older.filter(({ n }) => present.has(n)).map(beginning))

  for (const entry of entries) {
    const { acknowledged } = entry
    const row = present.get(entry.n)
    const is = row !== undefined
    if (is && row.hash !== entry.hash) problem('missing', entry, 'is there with other content')
    if (acknowledged && acknowledged <= disaster) count.acknowledged++
    if (isOfNow(entry)) {
      check(entry, true)
    } else if (moment !== undefined) {
      if (acknowledged && acknowledged <= moment) check(entry, true)
      else if (beginning(entry) > moment) check(entry, false)
    } else if (acknowledged) {
      if (is || acknowledged < newestStart) check(entry, true)
      else count.compared++
      if (!is && acknowledged <= disaster) {
        lost++
        oldestLost = Math.min(oldestLost ?? acknowledged, acknowledged)
      }
    }
  }
  const known = entries.length
  for (const { n } of stored) {
    if (n < 1 || n > known) problem('unexpected', { n }, 'is there and was never written')
  }
  const rpo = moment !== undefined ? null : oldestLost === undefined ? 0 : (disaster - oldestLost) / 1000
  return { ...count, lost, rpo, problems }

  function check(entry: Entry, wanted: boolean): void {
    count.compared++
    if (wanted && !present.has(entry.n)) problem('missing', entry, 'was acknowledged and is not there')
    if (!wanted && present.has(entry.n)) problem('unexpected', entry, 'began after the moment and is there')
  }

  function problem(
    kind: 'missing' | 'unexpected',
    entry: { n: number; acknowledged?: number },
    what: string,
  ): void {
    count[kind]++
    const at = entry.acknowledged ? ` (acknowledged ${new Date(entry.acknowledged).toISOString()})` : ''
    if (problems.length < 5) problems.push(`row ${entry.n}${at} ${what}`)
  }
}

/** When the transaction began, or a moment shortly before that. */
function beginning(entry: Entry): number {
  return entry.began ?? entry.sent
}
