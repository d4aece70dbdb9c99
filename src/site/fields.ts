/** The fields of a JSON schema, for tables. Pure. */

export interface Field {
  name: string
  /** In code and words: `"passed"`, `"failed"`; `number or null`; `array of …`. */
  type: string
  optional: boolean
  description: string
}

interface Schema {
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  description?: string
}

/** Of an object, in its order. Throws if a field has no description: a table with holes helps nobody. */
export function fieldsOf(schema: unknown): Field[] {
  const { properties = {}, required = [] } = schema as Schema
  return Object.entries(properties).map(([name, field]) => {
    const description = field.description ?? ''
    if (!description)
      throw new Error(`The field ${name} has no description. Add .describe('…') in its schema.`)
    return { name, type: typeOf(field), optional: !required.includes(name), description }
  })
}

function typeOf(field: Schema): string {
  if (field.const !== undefined) return JSON.stringify(field.const)
  if (field.enum) return field.enum.map((value) => JSON.stringify(value)).join(', ')
  if (field.anyOf) return field.anyOf.map(typeOf).join(' or ')
  if (field.type === 'array') return `array of ${typeOf(field.items ?? {})}`
  if (field.properties) return `{ ${Object.keys(field.properties).join(', ')} }`
  if (typeof field.additionalProperties === 'object') return `name → ${typeOf(field.additionalProperties)}`
  return [field.type ?? 'any'].flat().join(' or ')
}
