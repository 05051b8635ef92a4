import { CommanderError } from 'commander'
import { OptionError } from '../contract/options.ts'

export const exitCodes = { ok: 0, failedStart: 1, badArguments: 2 } as const

/** An end that a person should understand: what, which, how to mend. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Says what went wrong, without a stack trace, and gives the exit code. */
export function report(error: unknown, write: (text: string) => void): number {
  if (error instanceof CommanderError) {
    // commander has said it already. Help that was asked for and the version come here too, with 0.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.badArguments
  }
  const message = error instanceof Error ? error.message : String(error)
  write(`sallyport: ${message}\n`)
  if (error instanceof CliError) return error.exitCode
  return error instanceof OptionError ? exitCodes.badArguments : exitCodes.failedStart
}

/** Why a server could not listen at `host:port`, and what to do. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): CliError {
  const shownHost = host.includes(':') ? `[${host}]` : host
  const address = `${shownHost}:${port}`
  const next = `--listen ${shownHost}:${port < 65535 ? port + 1 : port - 1}`
  const why: Record<string, string> = {
    EADDRINUSE: `the port is taken.\nAnother program listens there. Choose another port, such as ${next}, or let the system choose one: --listen ${shownHost}:0`,
    EACCES: `that port is for privileged users.\nChoose one from 1024 on, such as --listen ${shownHost}:8080, or allow it to Node: sudo setcap cap_net_bind_service=+ep "$(command -v node)"`,
    EADDRNOTAVAIL:
      'this machine has no such address.\nTake 127.0.0.1 for this machine alone, 0.0.0.0 for all its addresses.',
    ENOTFOUND:
      'the name of the host is not known.\nTake 127.0.0.1 for this machine alone, 0.0.0.0 for all its addresses.',
  }
  const reason = why[error.code ?? ''] ?? error.message
  return new CliError(exitCodes.failedStart, `cannot listen on ${address}: ${reason}`)
}
