/** Which services of a compose file the commands of a runbook address. Pure. */
import type { Command, Document, Item } from '../runbook/document.ts'
import { commandsOf, services, textOf } from './commands.ts'

/** A command that addresses a service, and the step that it stands in. */
export interface Use {
  step: string
  command: string
}

/** Service → the commands that name it. `*` stands for a command that means every service. */
export function addressed(document: Document): Map<string, Use[]> {
  const uses = new Map<string, Use[]>()
  for (const { step, command } of stepsOf(document.items)) {
    const text = textOf(command)
    for (const service of new Set(services(text))) {
      uses.set(service, [...(uses.get(service) ?? []), { step, command: text }])
    }
  }
  return uses
}

/** What the steps may run, also to see whether it is needed, and to go back. */
export function* stepsOf(items: readonly Item[]): Generator<{ step: string; command: Command }> {
  for (const item of items) {
    if (item.type === 'include') yield* stepsOf(item.items)
    if (item.type !== 'step') continue
    const { title, unless, body, undo = [] } = item
    const commands = [...(unless ? [unless] : []), ...commandsOf(body), ...commandsOf(undo)]
    for (const command of commands) yield { step: title, command }
  }
}
