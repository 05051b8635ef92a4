/** Milliseconds of the machine's one steady clock: the same in every process. */
export function steadyNow(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/** What a process of the bench is asked by the one that started it, and what it says. */
export interface Call {
  readonly call: number
  readonly name: string
  readonly args: readonly unknown[]
}

export type Reply =
  | { readonly ready: number }
  | { readonly call: number; readonly value?: unknown; readonly error?: string }

/** The settings that this process was started with. */
export function startedWith<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T
}

/** Says that this process listens on `port`, and answers calls from then on. It ends with the one that started it. */
export function answerCalls(port: number, methods: Readonly<Record<string, (...args: never[]) => unknown>>): void {
  const say = (reply: Reply): void => {
    if (process.connected) process.send?.(reply)
  }
  process.on('message', async ({ call, name, args }: Call) => {
    try {
      say({ call, value: await methods[name]?.(...(args as never[])) })
    } catch (error) {
      say({ call, error: (error as Error).message })
    }
  })
  process.once('disconnect', () => process.exit(0))
  // Ctrl-C reaches the whole group: the parent decides when it is over.
  process.on('SIGINT', () => {})
  say({ ready: port })
}
