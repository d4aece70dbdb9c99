/**
 * Where a drill file's scenarios go when it is imported. A drill file only registers; who imports it decides what
 * happens: Vitest makes tests of them, `pnpm drill` plays and measures them, the rehearsal takes the first.
 */
import type { Drill, Scenario, Survivor, System, Twin } from './types.ts'

type Listener = (drill: Drill, added: { scenario: Scenario<object> } | { twin: Twin<object> }) => void

// On the global object, since Vitest may load this file twice: once for its set-up file, once for the drill file.
const place = globalThis as { [key: symbol]: { drills: Map<string, Drill>; listener?: Listener } | undefined }
const key = Symbol.for('drillbook.collector')
place[key] ??= { drills: new Map() }
const collected = place[key]

/** Hears of every scenario and twin as it is registered. */
export function onRegistered(listener: Listener): void {
  collected.listener = listener
}

/** What has been registered for a runbook. Throws if no drill file did. */
export function drillOf(runbook: string): Drill {
  const drill = collected.drills.get(runbook)
  if (!drill || drill.scenarios.length === 0) {
    throw new Error(`test/drills/${runbook}.drill.ts registers no scenario of the runbook “${runbook}”.`)
  }
  return drill
}

export interface Drills<Tools extends object> {
  /** Registers a scenario of a runbook. */
  drill(runbook: string, scenario: Scenario<Tools>): void
  /** Registers a negative twin. */
  twin(runbook: string, twin: Twin<Tools>): void
  /** Registers a command that a mutant may lack, and why. */
  mayLack(runbook: string, survivor: Survivor): void
}

/** The words of a drill file, for one system. */
export function drills<Tools extends object>(system: System<Tools>): Drills<Tools> {
  function of(runbook: string): Drill {
    const known = collected.drills.get(runbook)
    if (known) return known
    const drill = { runbook, system: system as System<object>, scenarios: [], twins: [], survivors: [] }
    collected.drills.set(runbook, drill)
    return drill
  }
  return {
    drill(runbook, scenario) {
      const drill = of(runbook)
      drill.scenarios.push(scenario as Scenario<object>)
      collected.listener?.(drill, { scenario: scenario as Scenario<object> })
    },
    twin(runbook, twin) {
      const drill = of(runbook)
      drill.twins.push(twin as Twin<object>)
      collected.listener?.(drill, { twin: twin as Twin<object> })
    },
    mayLack(runbook, survivor) {
      of(runbook).survivors.push(survivor)
    },
  }
}
