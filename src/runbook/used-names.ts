import type { Command, Statement, Step } from './document.ts'

/** The params and values that a step reads when it is played, its undo not counted. */
export function namesInStep(step: Step): Set<string> {
  const unless = step.unless ? namesInCommand(step.unless) : []
  return new Set([...unless, ...namesInStatements(step.body)])
}

/** The params, values and loop variables that statements read. */
export function namesInStatements(statements: readonly Statement[]): Set<string> {
  return new Set(statements.flatMap(namesInStatement))
}

function namesInStatement(statement: Statement): string[] {
  switch (statement.type) {
    case 'command':
    case 'retry':
      return namesInCommand(statement.command)
    case 'if': {
      const { test } = statement.condition
      const condition = test.type === 'ok' ? namesInCommand(test.command) : [test.name]
      return [...condition, ...namesInStatements([...statement.then, ...statement.otherwise])]
    }
    case 'for':
      return [...namesInStatements(statement.body)]
    case 'fail':
      return []
  }
}

function namesInCommand(command: Command): string[] {
  return command.pieces.flatMap((piece) => (piece.type === 'value' ? [piece.name] : []))
}
