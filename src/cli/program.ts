import { createRequire } from 'node:module'
import { styleText } from 'node:util'
import { Command } from 'commander'
import { cacheCommand } from './cache.ts'
import { exitCodes, report } from './errors.ts'
import { reverseCommand } from './reverse.ts'

/** Runs one command line, without the program's name, to its end. Gives the exit code; never throws. */
export async function run(argv: readonly string[]): Promise<number> {
  // A reader that leaves (`sallyport ... | head`) is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  let code: number = exitCodes.ok
  const program = createProgram((its) => {
    code = its
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    return report(error, (text) => process.stderr.write(text))
  }
}

function createProgram(ended: (code: number) => void): Command {
  const program = new Command('sallyport')
  program
    .description('A proxy in front of your servers, in one command.')
    .version(version(), '-v, --version', 'Print the version.')
    .helpOption('-h, --help', 'Show this help.')
    .helpCommand('help [command]', 'Show the help of a command.')
    .configureHelp({ styleTitle: (title) => styleText('bold', title) })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'sallyport: ')) })
    .exitOverride()
    .addHelpText('after', examples)
  for (const command of [reverseCommand(ended), cacheCommand(ended)]) program.addCommand(inherit(command, program))
  return program
}

/** Settings that commander copies for commands that it makes itself. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent).helpOption('-h, --help', 'Show this help.')
  for (const child of command.commands) inherit(child, command)
  return command
}

const examples = `
Examples:
  sallyport reverse --to http://127.0.0.1:3000
  sallyport reverse --to http://127.0.0.1:3000 --cache
  sallyport cache stats

'sallyport reverse --help' and 'sallyport cache --help' tell the rest.
`

/** From package.json, which the package finds by its own name: the same from the sources and from dist/. */
function version(): string {
  return (createRequire(import.meta.url)('sallyport/package.json') as { version: string }).version
}
