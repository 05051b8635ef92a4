export interface Program {
  start(): Promise<void>
  /** Lets what is in flight finish. */
  stop(): Promise<void>
  /** For the message when it is taken. */
  readonly port: number
}

/** Starts, and drains at the first Ctrl-C or SIGTERM: exit code 0. A second one ends at once. A failed start is code 1. */
export async function runUntilSignal({ start, stop, port }: Program): Promise<void> {
  try {
    await start()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    console.error(code === 'EADDRINUSE' ? `Port ${port} is taken. Choose another: PORT=8081 npm start` : message)
    process.exit(1)
  }

  let stopping = false
  const onSignal = async (): Promise<void> => {
    if (stopping) process.exit(130)
    stopping = true
    console.log('\ndraining ...')
    await stop()
    process.exit(0)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}
