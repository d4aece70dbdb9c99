/** The fields of a JSON schema, for tables. Pure. */

export interface Field {
  name: string
  /** In code and words: `"passed"`, `"failed"`; `number or null`; `array of …`. */
  type: string
  optional: boolean
  description: string
}

export interface Schema {
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

/** A field's type in words; `literal` says how a value that it may have is written. */
export function typeOf(field: Schema, literal: (value: unknown) => string = JSON.stringify): string {
  const inner = (part: Schema) => typeOf(part, literal)
  if (field.const !== undefined) return literal(field.const)
  if (field.enum) return field.enum.map((value) => literal(value)).join(', ')
  if (field.anyOf) return field.anyOf.map(inner).join(' or ')
  if (field.type === 'array') return `array of ${inner(field.items ?? {})}`
  if (field.properties) return `{ ${Object.keys(field.properties).join(', ')} }`
  if (typeof field.additionalProperties === 'object') return `name → ${inner(field.additionalProperties)}`
  return [field.type ?? 'any'].flat().join(' or ')
}
