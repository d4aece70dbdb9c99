/** What the programs of this folder share: how they speak, and how they end. */

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Runs a program to its end; `main` resolves to its exit code. What it throws is printed, and the code is 1. */
export async function runProgram(main: () => Promise<number>): Promise<never> {
  let code = 1
  try {
    code = await main()
  } catch (error) {
    process.stderr.write(`${(error as Error).stack ?? error}\n`)
  }
  // Nothing may keep it alive: a child that was left behind, an open connection.
  process.exit(code)
}
