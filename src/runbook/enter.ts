import type { Param } from './document.ts'
import { quote } from './quote.ts'

/**
 * The block that enters an environment and sets the params but the secret ones. Apart from the other blocks, since a
 * page fills it in while it is read: this runs in browsers, too.
 */
export function enterText(
  runbook: string,
  params: readonly Pick<Param, 'name' | 'kind' | 'default'>[],
  { ON = 'sandbox', ...values }: Readonly<Record<string, string>>,
): string {
  return [
    `ON=${quote(ON)}`,
    ...params
      .filter(({ kind }) => kind !== 'secret')
      .map((param) => `${param.name}=${quote(values[param.name] ?? param.default ?? '')}`),
    `. scripts/enter ${runbook}`,
  ].join('\n')
}
