import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'

/** Makes an empty folder for each test of the file that calls this, hands over its path, and removes it after the test. */
export function folderForEachTest(name: string, use: (path: string) => void): void {
  let path: string
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), `drillbook-${name}-`))
    use(path)
  })
  afterEach(() => rmSync(path, { recursive: true, force: true }))
}
