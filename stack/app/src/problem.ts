import type * as z from 'zod'

export type InputProblem = { field: string; found: string; expected: string }

/** An answer that blames the request. Sent as application/problem+json (RFC 9457). */
export class Problem extends Error {
  readonly status: number
  readonly problems: InputProblem[]
  readonly headers: Record<string, string>

  constructor(
    status: number,
    detail: string,
    problems: InputProblem[] = [],
    headers: Record<string, string> = {},
  ) {
    super(detail)
    this.status = status
    this.problems = problems
    this.headers = headers
  }
}

/**
 * Checks what a client sent and reports everything that is wrong with it at once. The schema's error messages are
 * what was expected. Fields named in `secret` are never repeated in the answer.
 */
export function check<T>(schema: z.ZodType<T>, input: unknown, secret: string[] = []): T {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => {
    const field = issue.path.join('.') || 'body'
    if (issue.code === 'unrecognized_keys')
      return { field, found: `unknown: ${issue.keys.map(show).join(', ')}`, expected: issue.message }
    const value = issue.path.reduce<unknown>(
      (v, key) => (v as Record<PropertyKey, unknown> | undefined)?.[key],
      input,
    )
    return {
      field,
      found: secret.includes(field) && value !== undefined ? 'not shown' : show(value),
      expected: issue.message,
    }
  })
  throw new Problem(400, 'The request was not understood. Nothing was changed.', problems)
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}… (${text.length} characters)` : text
}
