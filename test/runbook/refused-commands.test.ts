/**
 * Everything DESIGN §3 does not allow in a command: the reader refuses it, and live shells show what would go wrong
 * if it did not.
 */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openTerminal } from '../../src/drill/terminal.ts'
import { execute } from '../../src/runbook/execute.ts'
import { openLab, SHELLS, type Shell } from './support/lab.ts'
import { commandProblems } from './support/sources.ts'

const lab = openLab()
afterAll(() => lab.remove())
beforeEach(() => lab.reset())

/** What a block with these lines prints, and how it ends. */
async function block(shell: Shell, lines: string): Promise<string> {
  const { stdout, status } = await lab.run(shell, `(\nexec </dev/null; set -euo pipefail\n${lines}\n)`)
  return `${stdout}${status}`
}

/** The arguments that `probe` gets from a command in a shell at the reader's hands, with its options. */
async function received(shell: Shell, command: string): Promise<string[][] | 'refused'> {
  const terminal = await openTerminal(shell, { directory: lab.dir, env: lab.env })
  const { status } = await terminal.paste(`(\n${command}\n)`).finally(() => terminal.close())
  return status === 0 ? lab.calls() : 'refused'
}

/** The same in the script. */
async function scripted(command: string): Promise<string[][]> {
  lab.reset()
  await execute({ display: command, parts: [command], values: [] }, { cwd: lab.dir, env: lab.env })
  const calls = lab.calls()
  lab.reset()
  return calls
}

describe('one pipeline', () => {
  test('`&&` is refused: the block goes on after a failure', async () => {
    expect(await commandProblems('a && b')).toMatchInlineSnapshot(`
      [
        "at 3 found two commands, joined by \`&&\`; write one pipeline; a second command goes below as a command of its own",
      ]
    `)
    for (const shell of SHELLS) {
      expect(await block(shell, 'false && echo never\necho "went on"')).toBe('went on\n0')
    }
  })

  test('`||` is refused: it hides a failure', async () => {
    expect(await commandProblems('a || b')).toMatchInlineSnapshot(`
      [
        "at 3 found two commands, joined by \`||\`; write \`if (await ok(…))\`, or one pipeline; a second command goes below as a command of its own",
      ]
    `)
    for (const shell of SHELLS) expect(await block(shell, 'false || echo hidden')).toBe('hidden\n0')
  })

  test('`;` is refused: a test sees only the last command, and so does a value', async () => {
    expect(await commandProblems('a; b')).toMatchInlineSnapshot(`
      [
        "at 2 found a \`;\`; write one pipeline; a second command goes below as a command of its own",
      ]
    `)
    for (const shell of SHELLS) {
      expect(await block(shell, 'if false; echo x >/dev/null; then echo "taken for success"; fi')).toBe(
        'taken for success\n0',
      )
    }
    const { stdout } = await lab.run(
      'bash',
      'X=$(set -e; false; echo late) || { unset X; false; }; echo "$X"',
    )
    expect(stdout).toBe('late\n')
  })

  test('`&` is refused: nobody waits for the command, nor sees it fail', async () => {
    expect(await commandProblems('a &')).toMatchInlineSnapshot(`
      [
        "at 3 found a \`&\`, which leaves a command running behind; write one pipeline; a second command goes below as a command of its own",
      ]
    `)
    for (const shell of SHELLS) expect(await block(shell, 'false &\necho "went on"')).toBe('went on\n0')
  })

  test('a leading `!` is refused: the options do not stop at it', async () => {
    expect(await commandProblems('! a')).toMatchInlineSnapshot(`
      [
        "at 1 found a \`!\`, which an interactive shell expands; write it in single quotes, if it is meant as itself",
      ]
    `)
    for (const shell of SHELLS) expect(await block(shell, '! true\necho "went on"')).toBe('went on\n0')
  })

  test('a here-document is refused: indented, it does not end, and takes the rest of the paste', async () => {
    expect(await commandProblems('cat <<EOF')).toMatchInlineSnapshot(`
      [
        "at 5 found a here-document; write the text as an argument: printf '%s' 'text' |",
      ]
    `)
    expect(await commandProblems("cat <<<'text'")).toMatchInlineSnapshot(`
      [
        "at 5 found a here-document; write the text as an argument: printf '%s' 'text' |",
      ]
    `)
    const pasted = '  cat <<EOF\n  text\n  EOF\necho "the next block"'
    for (const shell of SHELLS) {
      const { stdout } = await lab.run(shell, pasted)
      expect(stdout).toContain('echo "the next block"')
    }
  })

  test('a comment is refused: an interactive zsh has none', async () => {
    expect(await commandProblems('probe a # b')).toMatchInlineSnapshot(`
      [
        "at 9 found a \`#\`, a comment or a zsh pattern; write it in single quotes, if it is meant as itself",
      ]
    `)
    expect(await received('bash', 'probe a # b')).toEqual([['a']])
    lab.reset()
    expect(await received('zsh', 'probe a # b')).toEqual([['a', '#', 'b']])
  })

  test('a control character is refused: a tab completes, a line break runs what stands before it', async () => {
    expect(await commandProblems('probe\ta')).toMatchInlineSnapshot(`
      [
        "at 6 found the invisible character U+0009; write the command on one line of visible characters",
      ]
    `)
    expect(await commandProblems("probe 'a\n'")).toMatchInlineSnapshot(`
      [
        "at 9 found a line break; write the command on one line of visible characters",
      ]
    `)
    expect(await commandProblems('probe \u202ea\u200b')).toMatchInlineSnapshot(`
      [
        "at 7 found the invisible character U+202E; write the command on one line of visible characters",
        "at 9 found the invisible character U+200B; write the command on one line of visible characters",
      ]
    `)
    expect(await commandProblems('probe\u00a0a')).toMatchInlineSnapshot(`
      [
        "at 6 found U+00A0, which only looks like a space; write a plain space",
      ]
    `)
    const terminal = await openTerminal('bash', { directory: lab.dir, env: lab.env })
    await terminal.paste('prob\ta', { paste: 'raw' }).finally(() => terminal.close())
    expect(lab.calls()).toEqual([['a']])
  })

  test('words of the shell are refused: some exist in one shell only, others change the shell of the block', async () => {
    expect(await commandProblems('cd /srv')).toMatchInlineSnapshot(`
      [
        "at 1 found \`cd\`, which is part of the shell; write a program",
      ]
    `)
    expect(await commandProblems('X=1 probe')).toMatchInlineSnapshot(`
      [
        "at 1 found the assignment \`X=1\`; write env X=1 program …",
      ]
    `)
    expect(await commandProblems('time probe')).toMatchInlineSnapshot(`
      [
        "at 1 found \`time\`, which is part of the shell; write a program",
      ]
    `)
    for (const shell of SHELLS) expect(await block(shell, 'cd /\npwd')).toBe('/\n0')
    const script = async (command: string) =>
      (await execute({ display: '', parts: [command], values: [] }, { cwd: lab.dir, env: lab.env })).stdout
    await script('cd /')
    expect(await script('pwd')).toBe(`${lab.dir}\n`)
  })

  test('a program that is not known before is refused', async () => {
    expect(await commandProblems('${P} x')).toMatchInlineSnapshot(`
      [
        "at 3 found a program that is not known before; write the program's name, literally",
      ]
    `)
    expect(await commandProblems("'probe' x")).toMatchInlineSnapshot(`
      [
        "at 1 found a program in quotes; write the program's name without quotes",
      ]
    `)
    expect(await commandProblems('')).toMatchInlineSnapshot(`
      [
        "at 1 found no command; write a command",
      ]
    `)
    expect(await commandProblems('probe |')).toMatchInlineSnapshot(`
      [
        "at 8 found no command; write a command",
      ]
    `)
    expect(await commandProblems('| probe')).toMatchInlineSnapshot(`
      [
        "at 1 found no command; write a command",
      ]
    `)
  })

  test('a stream that goes to two places is refused: zsh sends it to both', async () => {
    expect(await commandProblems('probe > a > b')).toMatchInlineSnapshot(`
      [
        "at 11 found stream 1 redirected twice; write one place for it: zsh would use both",
      ]
    `)
    expect(await commandProblems('probe > a | cat')).toMatchInlineSnapshot(`
      [
        "at 11 found stream 1 redirected twice; write one place for it: zsh would use both",
      ]
    `)
    expect(await commandProblems('probe &> a')).toMatchInlineSnapshot(`
      [
        "at 7 found \`&>\`; write \`> file 2>&1\`",
      ]
    `)
    expect(await commandProblems('probe |& cat')).toMatchInlineSnapshot(`
      [
        "at 7 found \`|&\`; write \`2>&1 |\`",
      ]
    `)
    expect(await commandProblems('probe 3> a')).toMatchInlineSnapshot(`
      [
        "at 7 found a redirection of stream 3; write only streams 0, 1 and 2",
      ]
    `)
    expect(await commandProblems('probe >')).toMatchInlineSnapshot(`
      [
        "at 8 found a redirection without a file; write the name of a file",
      ]
    `)
    expect(await commandProblems('probe 2>&12')).toHaveLength(1)
    expect(await commandProblems('probe 2>&1${P}')).toHaveLength(1)
    expect(await commandProblems('probe <(cat)')).toMatchInlineSnapshot(`
      [
        "at 7 found a process substitution; write a pipeline",
        "at 8 found a parenthesis; write it in single quotes, if it is meant as itself",
        "at 12 found a parenthesis; write it in single quotes, if it is meant as itself",
      ]
    `)
    expect(await block('bash', 'echo x >a.txt | cat')).toBe('0')
    expect(await block('zsh', 'echo x >a.txt | cat')).toBe('x\n0')
  })

  test('a printf whose format the shells may read differently is refused', async () => {
    expect(await commandProblems('printf ${P}')).toMatchInlineSnapshot(`
      [
        "at 10 found a format of \`printf\` that the two shells may read differently; write a literal one: printf '%s\\\\n' …",
      ]
    `)
    expect(await commandProblems("printf '%q' ${P}")).toHaveLength(1)
    expect(await commandProblems('printf -v X y')).toHaveLength(1)
    expect(await commandProblems('printf')).toHaveLength(1)
    for (const good of ["printf '%s\\\\n' ${P}", 'printf %s ${P}', "printf '%-5d|%%'", 'printf plain']) {
      expect(await commandProblems(good), good).toEqual([])
    }
    const quoted = "printf '%q' a,b"
    expect(await block('bash', quoted)).not.toBe(await block('zsh', quoted))
  })

  test('echo of more than plain text is refused: zsh reads backslashes', async () => {
    expect(await commandProblems("echo 'a\\\\\\\\nb'")).toMatchInlineSnapshot(`
      [
        "at 6 found \`echo\` with more than plain text; write printf '%s\\\\n' …",
      ]
    `)
    expect(await commandProblems('echo ${P}')).toMatchInlineSnapshot(`
      [
        "at 8 found \`echo\` with more than plain text; write printf '%s\\\\n' …",
      ]
    `)
    expect(await commandProblems("echo 'plain text'")).toEqual([])
    expect(await block('bash', "echo 'a\\nb'")).toBe('a\\nb\n0')
    expect(await block('zsh', "echo 'a\\nb'")).toBe('a\nb\n0')
  })
})

describe('outside single quotes', () => {
  test('`$` is refused: the two shells split it differently', async () => {
    expect(await commandProblems('probe \\$X')).toMatchInlineSnapshot(`
      [
        "at 7 found a \`$\` for the shell; write a param or value, \${NAME}; it in single quotes, if it is meant as itself",
      ]
    `)
    expect(await commandProblems('probe "a\\$X"')).toMatchInlineSnapshot(`
      [
        "at 9 found a \`$\` for the shell; write a param or value, \${NAME}; it in single quotes, if it is meant as itself",
      ]
    `)
    await lab.run('bash', 'X="a b"; probe $X')
    await lab.run('zsh', 'X="a b"; probe $X')
    expect(lab.calls()).toEqual([['a', 'b'], ['a b']])
  })

  test('a backtick is refused: a failure inside it is not seen', async () => {
    expect(await commandProblems('probe \\`date\\`')).toMatchInlineSnapshot(`
      [
        "at 7 found a backtick for the shell; write it in single quotes, if it is meant as itself",
        "at 13 found a backtick for the shell; write it in single quotes, if it is meant as itself",
      ]
    `)
    for (const shell of SHELLS)
      expect(await block(shell, 'probe "`false`"\necho "went on"')).toBe('went on\n0')
  })

  test('`!` is refused: bash expands it from the history, in double quotes too', async () => {
    expect(await commandProblems('probe "a!b"')).toMatchInlineSnapshot(`
      [
        "at 9 found a \`!\`, which an interactive shell expands; write it in single quotes, if it is meant as itself",
      ]
    `)
    const terminal = await openTerminal('bash', { directory: lab.dir, env: lab.env })
    await terminal.paste('true earlier command')
    await terminal.paste('probe "a!true"').finally(() => terminal.close())
    expect(lab.calls()).toEqual([['atrue earlier command']])
  })

  test('a glob is refused: without a match zsh stops, and with one it depends on the folder', async () => {
    expect(await commandProblems('probe *.sql a? [x]')).toMatchInlineSnapshot(`
      [
        "at 7 found a glob; write it in single quotes, if it is meant as itself",
        "at 14 found a glob; write it in single quotes, if it is meant as itself",
        "at 16 found a glob; write it in single quotes, if it is meant as itself",
        "at 18 found a glob; write it in single quotes, if it is meant as itself",
      ]
    `)
    expect(await scripted('probe no-such-*.sql')).toEqual([['no-such-*.sql']])
    expect(await received('zsh', 'probe no-such-*.sql')).toBe('refused')
    expect(await commandProblems('git show HEAD^ a#b x~y (z)')).toMatchInlineSnapshot(`
      [
        "at 14 found a \`^\`, a zsh pattern; write it in single quotes, if it is meant as itself",
        "at 17 found a \`#\`, a comment or a zsh pattern; write it in single quotes, if it is meant as itself",
        "at 21 found a \`~\`; write it in single quotes, if it is meant as itself; a home directory is written out",
        "at 24 found a parenthesis; write it in single quotes, if it is meant as itself",
        "at 26 found a parenthesis; write it in single quotes, if it is meant as itself",
      ]
    `)
  })

  test('a brace is refused: zsh takes a lone one for the end of a group', async () => {
    expect(await commandProblems('probe {a,b} }')).toMatchInlineSnapshot(`
      [
        "at 7 found a brace; write it in single quotes, if it is meant as itself",
        "at 11 found a brace; write it in single quotes, if it is meant as itself",
        "at 13 found a brace; write it in single quotes, if it is meant as itself",
      ]
    `)
    expect(await scripted('probe }')).toEqual([['}']])
    expect(await received('zsh', 'probe }').catch(() => 'refused')).toBe('refused')
  })

  test('a leading `~` is refused: zsh stops at a user that it does not know', async () => {
    expect(await commandProblems('probe ~nobody-here')).toMatchInlineSnapshot(`
      [
        "at 7 found a \`~\`; write it in single quotes, if it is meant as itself; a home directory is written out",
      ]
    `)
    expect(await scripted('probe ~nobody-here')).toEqual([['~nobody-here']])
    expect(await received('zsh', 'probe ~nobody-here')).toBe('refused')
  })

  test('a leading `=` is refused: zsh looks for a program of that name', async () => {
    expect(await commandProblems('probe =sh a=b')).toMatchInlineSnapshot(`
      [
        "at 7 found a word that begins with \`=\`; write it in single quotes, if it is meant as itself",
      ]
    `)
    expect(await scripted('probe =sh')).toEqual([['=sh']])
    const [call] = await received('zsh', 'probe =sh')
    expect(call).not.toEqual(['=sh'])
  })

  test('a backslash is refused: JavaScript and the shell both read it', async () => {
    expect(await commandProblems('probe a\\\\ b')).toMatchInlineSnapshot(`
      [
        "at 8 found a backslash; write it in single quotes, if it is meant as itself",
      ]
    `)
    expect(await commandProblems("printf 'a\\n'")).toMatchInlineSnapshot(`
      [
        "at 10 found the JavaScript escape \`\\n\`; write \`\\\\n\`, if the program is to see a backslash",
      ]
    `)
    expect(await commandProblems("printf 'a\\\\n'")).toEqual([])
    expect('probe a b').toBe('probe a b')
  })

  test('a quote that is not closed is refused', async () => {
    expect(await commandProblems("probe 'a")).toMatchInlineSnapshot(`
      [
        "at 7 found a quote that is not closed; write the closing quote",
      ]
    `)
    expect(await commandProblems('probe "a')).toMatchInlineSnapshot(`
      [
        "at 7 found a quote that is not closed; write the closing quote",
      ]
    `)
  })
})

describe('interpolations', () => {
  test('inside quotes they are refused: a variable in single quotes is no variable', async () => {
    expect(await commandProblems("probe '${P}'")).toMatchInlineSnapshot(`
      [
        "at 10 found \`\${P}\` inside quotes; write it outside quotes; it is always one argument",
      ]
    `)
    expect(await commandProblems('probe "a ${P}"')).toMatchInlineSnapshot(`
      [
        "at 12 found \`\${P}\` inside quotes; write it outside quotes; it is always one argument",
      ]
    `)
    await lab.run('bash', 'P=value; probe \'"$P"\'')
    expect(lab.calls()).toEqual([['"$P"']])
  })

  test('anything but a name is refused: the shell could not compute it', async () => {
    expect(await commandProblems('probe ${P.trim()}')).toMatchInlineSnapshot(`
      [
        "at 9 found \`\${P.trim()}\`; write a param, an earlier value or the loop variable (P)",
      ]
    `)
    expect(await commandProblems('probe ${Q}')).toMatchInlineSnapshot(`
      [
        "at 9 found \`\${Q}\`; write a param, an earlier value or the loop variable (P)",
      ]
    `)
    expect(await commandProblems("probe ${'literal'}")).toMatchInlineSnapshot(`
      [
        "at 9 found \`\${'literal'}\`; write a param, an earlier value or the loop variable (P)",
      ]
    `)
  })

  test('a secret in an argument is refused: everybody on the machine can read it', async () => {
    const secret = "P: secret('A key.')"
    expect(await commandProblems('probe --key=${P}', secret)).toMatchInlineSnapshot(`
      [
        "at 15 found a secret in an argument; write printf %s \${P} | …",
      ]
    `)
    expect(await commandProblems('printf %s ${P}', secret)).toMatchInlineSnapshot(`
      [
        "at 13 found a secret in an argument; write printf %s \${P} | …",
      ]
    `)
    expect(await commandProblems('printf %s ${P} | probe ${P}', secret)).toMatchInlineSnapshot(`
      [
        "at 26 found a secret in an argument; write printf %s \${P} | …",
      ]
    `)
    expect(await commandProblems('env printf %s ${P} | cat', secret)).toMatchInlineSnapshot(`
      [
        "at 17 found a secret in an argument; write printf %s \${P} | …",
      ]
    `)
    expect(await commandProblems('printf %s ${P} | cat', secret)).toEqual([])
    for (const shell of SHELLS) {
      const look = `sh -c 'tr "\\0" " " </proc/$$/cmdline'`
      expect((await lab.run(shell, `S=hunter2; ${look} --key="$S"`)).stdout).toContain('--key=hunter2')
      expect((await lab.run(shell, `S=hunter2; printf %s "$S" | ${look}`)).stdout).not.toContain('hunter2')
    }
  })
})

test('`docker compose exec` and `run` without `-T` are refused: a terminal changes line ends', async () => {
  expect(await commandProblems('docker compose exec db psql')).toMatchInlineSnapshot(`
    [
      "at 16 found \`docker compose exec\` without \`-T\`; write docker compose exec -T …",
    ]
  `)
  expect(
    await commandProblems('docker compose --profile x run --rm -e A=1 db psql -T'),
  ).toMatchInlineSnapshot(`
    [
      "at 28 found \`docker compose run\` without \`-T\`; write docker compose run -T …",
    ]
  `)
  expect(await commandProblems('docker-compose exec db psql')).toMatchInlineSnapshot(`
    [
      "at 16 found \`docker compose exec\` without \`-T\`; write docker compose exec -T …",
    ]
  `)
  expect(await commandProblems('printf x | docker compose exec db psql')).toMatchInlineSnapshot(`
    [
      "at 27 found \`docker compose exec\` without \`-T\`; write docker compose exec -T …",
    ]
  `)
  expect(await commandProblems('env A=1 timeout 5 docker compose exec db psql')).toHaveLength(1)
  expect(await commandProblems('docker compose --profile x run --rm -e A=1 -T db psql')).toEqual([])
  expect(await commandProblems('docker compose exec -Tu postgres db psql')).toEqual([])
  expect(await commandProblems('docker compose -f a.yaml up -d')).toEqual([])
  const terminal = await openTerminal('bash', { directory: lab.dir, env: lab.env })
  await terminal.paste('printf "a\\nb\\n"').finally(() => terminal.close())
  expect(
    terminal
      .recording()
      .map(([, text]) => text)
      .join(''),
  ).toContain('a\r\nb\r\n')
})
