/** Writes `dashboards/*.json`, to be imported into a Grafana: `pnpm dashboards`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { business, database, service } from './boards.ts'
import { dashboard } from './panels.ts'

for (const board of [service, database, business]) {
  const file = join('dashboards', `${board.name}.json`)
  writeFileSync(file, `${JSON.stringify(dashboard(board), undefined, 2)}\n`)
  process.stdout.write(`${file}\n`)
}
