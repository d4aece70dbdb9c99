/** The variables that a compose file reads. Pure. */
import { parse } from 'yaml'

export interface ComposeVariable {
  name: string
  /** What is used when it is not set, with the defaults of the variables inside it. Absent: there is no default. */
  default?: string
  /** It must be set, and this is what Compose says if it is not. */
  required?: string
  /** The services that read it, in the order of the file. */
  services: string[]
}

interface Found {
  default?: string
  required?: string
}

/** In alphabetical order. Throws if a variable has two defaults: then no table could tell the truth. */
export function composeVariables(source: string): ComposeVariable[] {
  const { services } = parse(source, { merge: true }) as { services: Record<string, unknown> }
  const variables = new Map<string, ComposeVariable>()
  for (const [service, definition] of Object.entries(services)) {
    for (const text of texts(definition)) {
      for (const [name, found] of variablesIn(text)) {
        const known = variables.get(name) ?? { name, services: [] }
        const { default: preset = found.default, required = found.required } = known
        if (found.default !== undefined && found.default !== preset)
          throw new Error(`${name} has two defaults: '${preset}' and '${found.default}' (in ${service}).`)
        variables.set(name, {
          name,
          ...(preset !== undefined && { default: preset }),
          ...(required !== undefined && { required }),
          services: known.services.includes(service) ? known.services : [...known.services, service],
        })
      }
    }
  }
  return [...variables.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (value === null || typeof value !== 'object') return []
  return Object.values(value).flatMap(texts)
}

/** Innermost first, so that `${A:-b/${C:-d}}` has the default `b/d`. */
function variablesIn(text: string): [name: string, found: Found][] {
  const found: [string, Found][] = []
  const innermost = /\$\{(\w+)(?:(:?[-?])([^{}]*))?\}/
  let rest = text
  for (let match = innermost.exec(rest); match; match = innermost.exec(rest)) {
    const [whole, name = '', operator = '', word = ''] = match
    if (operator.endsWith('-')) found.push([name, { default: word }])
    else found.push([name, operator.endsWith('?') ? { required: word } : {}])
    rest = rest.replace(whole, () => (operator.endsWith('-') ? word : name))
  }
  return found
}
