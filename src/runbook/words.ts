/**
 * Splits the text of a command into words as bash and zsh agree to, and notes everything on which they would
 * not, or which would make it more than one pipeline on one line. sh-syntax tells only *that* a text is shell;
 * its tree has no words, so it cannot tell this.
 */

/** One character of a command, or one interpolation, and where it stands in the source. */
export type Unit = { at: number; char: string } | { at: number; value: string }

export interface Word {
  at: number
  /** What the program is given, if there is no interpolation in it. */
  text: string
  /** True if any of it stands in quotes. */
  quoted: boolean
  /** The interpolations in it. */
  values: string[]
}

export type Token =
  | ({ type: 'word' } & Word)
  | { type: 'pipe'; at: number }
  /** `file` says whether the next word is the file of this redirection: not so for `2>&1`. */
  | { type: 'redirect'; at: number; stream: number; file: boolean }

export type Report = (at: number, found: string, expected: string) => void

const ONE_COMMAND = 'one pipeline; a second command goes below as a command of its own'
const IN_QUOTES = 'it in single quotes, if it is meant as itself'

/** Characters that mean something outside single quotes, in double quotes too. */
const ACTIVE: Record<string, string> = {
  $: 'a `$` for the shell',
  '`': 'a backtick for the shell',
  '!': 'a `!`, which an interactive shell expands',
  '*': 'a glob',
  '?': 'a glob',
  '[': 'a glob',
  ']': 'a glob',
  '{': 'a brace',
  '}': 'a brace',
  '\\': 'a backslash',
}

/** Characters that mean something outside any quotes. */
const BARE: Record<string, [found: string, expected: string]> = {
  ';': ['a `;`', ONE_COMMAND],
  '(': ['a parenthesis', IN_QUOTES],
  ')': ['a parenthesis', IN_QUOTES],
  '#': ['a `#`, a comment or a zsh pattern', IN_QUOTES],
  '^': ['a `^`, a zsh pattern', IN_QUOTES],
  '~': ['a `~`', `${IN_QUOTES}; a home directory is written out`],
}

/** The tokens of a command. What is not allowed is reported, and read as text where that is possible. */
export function tokenize(units: readonly Unit[], report: Report): Token[] {
  const tokens: Token[] = []
  let word: Word | undefined
  let quote: { char: string; at: number } | undefined
  let index = 0

  for (let unit = units[0]; unit; unit = units[index]) {
    const here = peek()
    index += 1
    if ('value' in unit) {
      if (quote)
        report(unit.at, `\`\${${unit.value}}\` inside quotes`, 'it outside quotes; it is always one argument')
      current(unit.at).values.push(unit.value)
    } else if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(here)) {
      const what = here === '\n' || here === '\r' ? 'a line break' : `the invisible character U+${hex(here)}`
      report(unit.at, what, 'the command on one line of visible characters')
    } else if (quote) {
      if (quote.char === '"') active(unit.at, here)
      if (here === quote.char) quote = undefined
      else current(unit.at).text += here
    } else {
      bare(unit.at, here)
    }
  }
  endWord()
  if (quote) report(quote.at, 'a quote that is not closed', 'the closing quote')
  return tokens

  function peek(ahead = 0): string {
    const unit = units[index + ahead]
    return unit && 'char' in unit ? unit.char : ''
  }

  function current(at: number): Word {
    word ??= { at, text: '', quoted: false, values: [] }
    return word
  }

  function endWord(): void {
    if (word) tokens.push({ type: 'word', ...word })
    word = undefined
  }

  /** A character outside quotes. */
  function bare(at: number, here: string): void {
    if (here === "'" || here === '"') {
      quote = { char: here, at }
      current(at).quoted = true
    } else if (here === ' ') {
      endWord()
    } else if (here === '|') {
      pipe(at)
    } else if (here === '&') {
      ampersand(at)
    } else if (here === '<' || here === '>') {
      redirect(at, here)
    } else {
      active(at, here)
      if (BARE[here]) report(at, ...BARE[here])
      if (/\p{Zs}/u.test(here)) report(at, `U+${hex(here)}, which only looks like a space`, 'a plain space')
      if (here === '=' && !word) report(at, 'a word that begins with `=`', IN_QUOTES)
      current(at).text += here
    }
  }

  /** A character that means something outside single quotes. */
  function active(at: number, here: string): void {
    if (!ACTIVE[here]) return
    report(at, ACTIVE[here], here === '$' ? `a param or value, \${NAME}; ${IN_QUOTES}` : IN_QUOTES)
  }

  function pipe(at: number): void {
    endWord()
    tokens.push({ type: 'pipe', at })
    if (peek() !== '|' && peek() !== '&') return
    if (peek() === '|') report(at, 'two commands, joined by `||`', `\`if (await ok(…))\`, or ${ONE_COMMAND}`)
    else report(at, '`|&`', '`2>&1 |`')
    index += 1
  }

  function ampersand(at: number): void {
    endWord()
    if (peek() === '&') report(at, 'two commands, joined by `&&`', ONE_COMMAND)
    else if (peek() === '>') report(at, '`&>`', '`> file 2>&1`')
    else report(at, 'a `&`, which leaves a command running behind', ONE_COMMAND)
    if (peek() === '&' || peek() === '>') index += 1
  }

  function redirect(at: number, operator: string): void {
    const number =
      word && !word.quoted && word.values.length === 0 && /^\d+$/.test(word.text) ? word : undefined
    if (number) word = undefined
    endWord()
    const stream = number ? Number(number.text) : operator === '<' ? 0 : 1
    if (stream > 2) report(number?.at ?? at, `a redirection of stream ${stream}`, 'only streams 0, 1 and 2')
    const behind = index + 2 < units.length ? peek(2) || 'a value' : ' '
    if (operator === '>' && peek() === '&' && /[12]/.test(peek(1)) && /^[ |]$/.test(behind)) {
      index += 2
      tokens.push({ type: 'redirect', at, stream, file: false })
      return
    }
    if (operator === '<' && peek() === '<')
      report(at, 'a here-document', "the text as an argument: printf '%s' 'text' |")
    else if (peek() === '(') report(at, 'a process substitution', 'a pipeline')
    else if (/[<&|]/.test(peek()) || (operator === '<' && peek() === '>')) {
      report(at, `\`${operator}${peek()}\``, '`< file`, `> file`, `>> file`, `2>&1` or `>&2`')
    }
    while (/[<>&|]/.test(peek())) index += 1
    tokens.push({ type: 'redirect', at, stream, file: true })
  }
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
}
