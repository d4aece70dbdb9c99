/** The commands that play a runbook on a real environment. Pure, and runs in browsers, too. */
import type { Param } from '../runbook/document.ts'
import { quote } from '../runbook/quote.ts'

/** First the plan, then in earnest. A value that must be given and is not known yet is `…`; secrets are asked for. */
export function commandText(
  runbook: string,
  params: readonly Pick<Param, 'name' | 'kind' | 'default'>[],
  { ON = 'production', ...values }: Readonly<Record<string, string>> = {},
): string {
  const options = params.flatMap((param) => option(param, values[param.name]))
  const line = [`pnpm runbook ${runbook} --on ${ON}`, ...options].join(' ')
  return `${line} --dry-run\n${line}`
}

function option({ name, kind, default: preset }: Pick<Param, 'name' | 'kind' | 'default'>, value?: string) {
  if (kind === 'secret') return []
  if (value === undefined) return preset === undefined ? [`--${name} …`] : []
  // With `=`, since a value may begin with a dash.
  return kind === 'flag' ? [`--${name}`] : [`--${name}=${quote(value)}`]
}
