import type { Name, Reading } from './reading.ts'

/** Names that a shell sets, reads, or refuses to change. `test/runbook/names.test.ts` asks the installed shells. */
const SHELL = new Set(
  `ARGC BASH BASHOPTS BASHPID CDPATH COLUMNS COMPREPLY COPROC CPUTYPE DIRSTACK EDITOR EGID EMACS ENV EPOCHREALTIME
   EPOCHSECONDS ERRNO EUID EXECIGNORE FCEDIT FIGNORE FPATH FUNCNAME FUNCNEST GID GLOBIGNORE GLOBSORT GROUPS HISTCHARS
   HISTCMD HISTCONTROL HISTFILE HISTFILESIZE HISTIGNORE HISTSIZE HISTTIMEFORMAT HOME HOST HOSTFILE HOSTNAME HOSTTYPE
   IFS IGNOREEOF INPUTRC INSIDE_EMACS KEYBOARD_HACK KEYTIMEOUT LANG LANGUAGE LINENO LINES LISTMAX LOGCHECK LOGNAME
   MACHTYPE MAIL MAILCHECK MAILPATH MANPATH MAPFILE MATCH MBEGIN MEND MODULE_PATH NULLCMD OLDPWD OPTARG OPTERR OPTIND
   OSTYPE PAGER PATH PIPESTATUS POSIXLY_CORRECT POSTEDIT PPID PROMPT PROMPT2 PROMPT3 PROMPT4 PROMPT_COMMAND
   PROMPT_DIRTRIM PROMPT_EOL_MARK PS0 PS1 PS2 PS3 PS4 PSVAR PWD RANDOM READNULLCMD REPLY REPORTMEMORY REPORTTIME
   RPROMPT RPROMPT2 RPS1 RPS2 SAVEHIST SECONDS SHELL SHELLOPTS SHLVL SPROMPT SRANDOM STTY TERM TERMINFO
   TERMINFO_DIRS TIMEFMT TIMEFORMAT TMOUT TMPDIR TMPPREFIX TMPSUFFIX TRY_BLOCK_ERROR TRY_BLOCK_INTERRUPT TTY TTYIDLE
   UID USER USERNAME VENDOR VISUAL WATCH WATCHFMT WIDGET WORDCHARS ZDOTDIR ZLE_LINE_ABORTED ZLE_SPACE_SUFFIX_CHARS`
    .trim()
    .split(/\s+/),
)

/** Beginnings of names that belong to a shell, to a program that runbooks use, or to the tool itself. */
const PREFIXES: readonly [RegExp, string][] = [
  [/^(?:BASH|COMP|READLINE|ZSH)_/, 'the shell uses it'],
  [/^LC_/, 'it chooses the locale of every program'],
  [/^(?:DOCKER|COMPOSE|BUILDKIT|BUILDX|TESTCONTAINERS)_/, 'Docker reads it'],
  [/^(?:PG[A-Z]+|PGBACKREST_.*|AWS_.*|S3_.*|REDIS.*|DATABASE_.*|RCLONE_.*)$/, 'programs of a stack read it'],
  [/^(?:LD|DYLD|SSH|XDG|GIT|NODE|NPM|SSL)_/, 'programs read it'],
  [/^V\d+$/, 'it carries a value of a command'],
  [/^(?:ON|RUN|CI|NO_COLOR|FORCE_COLOR|ENVIRONMENT|DRILLBOOK(?:_.*)?)$/, 'Drillbook uses it'],
]

/** Why a name may not be chosen, or undefined if it may. */
export function reservedReason(name: string, environment: ReadonlyMap<string, string>): string | undefined {
  if (SHELL.has(name)) return 'the shell uses it'
  return environment.get(name) ?? PREFIXES.find(([pattern]) => pattern.test(name))?.[1]
}

/** Declares a name, or says why it may not be chosen. */
export function declare(reading: Reading, name: string, offset: number, meaning: Name): void {
  if (!/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(name)) {
    reading.report(offset, `the name \`${name}\``, 'a name in upper case: RESTORE_TO')
  } else if (reading.declared.has(name)) {
    reading.report(
      offset,
      `the name \`${name}\` a second time`,
      'a name of its own for each param, value and loop',
    )
  } else {
    const reason = reservedReason(name, reading.reserved)
    if (reason) reading.report(offset, `the name \`${name}\`; ${reason}`, 'another name')
  }
  reading.declared.add(name)
  reading.names.set(name, meaning)
}
