import type { Reading } from './reading.ts'
import type { Token, Word } from './words.ts'

/** One command of a pipeline: its words, without redirections. */
interface Stage {
  at: number
  words: Word[]
}

/**
 * Words with which a command cannot begin: in one of the two shells they are part of the shell itself. They would
 * change the shell that the pasted block runs in, where the script starts a new one for each command; or they
 * exist in one shell only; or they take different options.
 */
const SHELL_WORDS = new Set(
  `. : [ [[ ]] - alias autoload bg bind bindkey break builtin bye caller case cd chdir command compadd
   comparguments compcall compctl compdescribe compfiles compgen compgroups complete compopt compquote
   compset comptags comptry compvalues continue coproc declare dirs disable disown do done echotc echoti
   elif else emulate enable end esac eval exec exit export fc fg fi float for foreach function functions
   getln getopts hash help history if in integer jobs kill let limit local log logout mapfile nocorrect
   noglob popd print private pushd pushln pwd r read readarray readonly rehash repeat return sched select
   set setopt shift shopt source suspend then time times trap ttyctl type typeset ulimit umask unalias
   unfunction unhash unlimit unset unsetopt until vared wait whence where which while zcompile zformat zle
   zmodload zparseopts zregexparse zstyle`
    .trim()
    .split(/\s+/),
)

/** Options of docker and docker compose that take the next word as their value. */
const TAKES_VALUE =
  /^(?:-[cefHlpuvw]|--(?:ansi|cap-add|cap-drop|config|context|entrypoint|env|env-from-file|env-file|file|host|index|label|log-level|name|parallel|profile|progress|project-directory|project-name|publish|pull|user|volume|workdir))$/

/** Reports what the words of a command say that a runbook must not: each rule has a demonstration among the tests. */
export function checkPrograms(reading: Reading, tokens: readonly Token[], end: number): void {
  for (const stage of split(reading, tokens, end)) {
    checkName(reading, stage)
    checkEcho(reading, stage)
    checkPrintf(reading, stage)
    checkTerminal(reading, stage)
  }
}

/** The commands of the pipeline. zsh sends a stream that is redirected twice, or redirected and piped, to both. */
function split(reading: Reading, tokens: readonly Token[], end: number): Stage[] {
  const stages: Stage[] = []
  let stage: Stage = { at: tokens[0]?.at ?? end, words: [] }
  let streams = new Set<number>()
  let file = false
  for (const token of [...tokens, { type: 'end', at: end } as const]) {
    if (file && token.type !== 'word')
      reading.report(token.at, 'a redirection without a file', 'the name of a file')
    if (token.type === 'word') {
      if (!file) stage.words.push(token)
    } else if (token.type === 'redirect') {
      twice(token.stream, token.at)
    } else {
      if (stage.words.length === 0) reading.report(token.at, 'no command', 'a command')
      stages.push(stage)
      if (token.type === 'pipe') twice(1, token.at)
      stage = { at: token.at, words: [] }
      streams = new Set([0])
    }
    file = token.type === 'redirect' && token.file
  }
  return stages

  function twice(stream: number, at: number): void {
    if (streams.has(stream))
      reading.report(at, `stream ${stream} redirected twice`, 'one place for it: zsh would use both')
    streams.add(stream)
  }
}

function checkName(reading: Reading, { words }: Stage): void {
  const [name] = words
  if (!name) return
  if (name.values.length > 0) {
    reading.report(name.at, 'a program that is not known before', "the program's name, literally")
  } else if (/^[A-Za-z_]\w*\+?=/.test(name.text)) {
    reading.report(name.at, `the assignment \`${name.text}\``, `env ${name.text} program …`)
  } else if (SHELL_WORDS.has(name.text)) {
    reading.report(name.at, `\`${name.text}\`, which is part of the shell`, 'a program')
  } else if (name.text === '' || name.quoted) {
    reading.report(name.at, 'a program in quotes', "the program's name without quotes")
  }
}

/** The two shells' echo differ in backslashes and options. */
function checkEcho(reading: Reading, { words }: Stage): void {
  if (words[0]?.text !== 'echo') return
  for (const word of words.slice(1)) {
    if (word.values.length > 0 || /\\|^-/.test(word.text)) {
      reading.report(word.at, '`echo` with more than plain text', "printf '%s\\\\n' …")
    }
  }
}

/** The two shells' printf agree on the common formats only, and both can be made to set a variable. */
function checkPrintf(reading: Reading, { words: [name, format] }: Stage): void {
  if (name?.text !== 'printf') return
  if (
    format &&
    format.values.length === 0 &&
    /^(?:[^%-]|%%|%[-+ 0#]*\d*(?:\.\d+)?[bcdeEfgGiosuxX])/.test(format.text) &&
    !/%[^a-z%]*[q(]/.test(format.text)
  )
    return
  reading.report(
    format?.at ?? name.at,
    'a format of `printf` that the two shells may read differently',
    "a literal one: printf '%s\\\\n' …",
  )
}

/**
 * `docker compose exec` and `run` need `-T`: with a terminal they change line ends, and what they print depends
 * on who plays the runbook.
 */
function checkTerminal(reading: Reading, { words }: Stage): void {
  const text = words.map((word) => (word.values.length > 0 ? '' : word.text))
  for (const [index, word] of text.entries()) {
    if (word !== 'docker' && word !== 'docker-compose') continue
    const compose = word === 'docker' ? skipOptions(text, index + 1) : index
    const verb = skipOptions(text, compose + 1)
    if (word === 'docker' && text[compose] !== 'compose') continue
    if (text[verb] !== 'exec' && text[verb] !== 'run') continue
    const options = text.slice(verb + 1, skipOptions(text, verb + 1))
    if (options.some((option) => /^(?:-[diP]*T[diPeluw]?|--no-(?:tty|TTY)(?:=true)?)$/.test(option))) continue
    const at = words[verb]?.at ?? 0
    reading.report(at, `\`docker compose ${text[verb]}\` without \`-T\``, `docker compose ${text[verb]} -T …`)
  }
}

/** The first word from `index` on that is no option, nor an option's value. */
function skipOptions(text: readonly string[], index: number): number {
  let next = index
  while (text[next]?.startsWith('-')) next += TAKES_VALUE.test(text[next] ?? '') ? 2 : 1
  return next
}
