/** `pnpm events`: writes the handbook's page about the events of a run from the schema that checks them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { event, output } from '../src/run/journal-schema.ts'
import { type Schema, typeOf } from '../src/site/fields.ts'

export const file = 'docs/running/events.md'

interface Shape {
  description: string
  properties: Record<string, Schema>
  required: string[]
}

export function page(): string {
  const journal = z.toJSONSchema(event, { reused: 'inline' }) as unknown as { oneOf: Shape[]; anyOf: Shape[] }
  const shapes = [...(journal.oneOf ?? journal.anyOf), z.toJSONSchema(output) as unknown as Shape]
  return `---
title: Events of a run
description: What a journal holds and what --json prints, one JSON object a line.
---

<!-- Written by \`pnpm events\` from src/run/journal-schema.ts. -->

A run’s journal and the output of \`--json\` are the same events, one JSON object a line. A field is only ever added;
any other change raises \`v\`. Secrets are replaced by \`[redacted]\` before anything is written or printed.

\`\`\`sh
pnpm --silent runbook restore --on production --yes=production --json | jq -c 'select(.event == "step-end")'
\`\`\`

Every event has \`event\`, its name, and, but for \`output\`, these:

| Field | Type | |
| --- | --- | --- |
${common.map((name) => row(name, shapes[0] as Shape)).join('\n')}

${shapes.map(section).join('\n\n')}
`
}

const common = ['v', 'at']

function section(shape: Shape): string {
  const names = Object.keys(shape.properties).filter((name) => name !== 'event' && !common.includes(name))
  const table = ['| Field | Type | |', '| --- | --- | --- |', ...names.map((name) => row(name, shape))]
  return `## ${shape.properties.event?.const}\n\n${shape.description}\n\n${table.join('\n')}`
}

function row(name: string, { properties, required }: Shape): string {
  const field = properties[name] ?? {}
  const optional = required.includes(name) ? '' : '*Not always.* '
  return `| \`${name}\` | ${typeOf(field, code)} | ${optional}${field.description ?? ''} |`
}

const code = (value: unknown) => `\`${JSON.stringify(value)}\``

if (import.meta.main) writeFileSync(join(import.meta.dirname, '..', file), page())
