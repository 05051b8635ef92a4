/** On a terminal, calls `press` with each key. Ctrl-C stays what it is. Elsewhere nothing is read. */
export function onKey(press: (key: string) => void): void {
  const { stdin } = process
  if (!stdin.isTTY || !process.stdout.isTTY) return
  stdin.setRawMode(true)
  stdin.on('data', (data) => {
    for (const key of data.toString()) {
      // Raw mode turns Ctrl-C into a byte.
      if (key === '\x03') process.kill(process.pid, 'SIGINT')
      else press(key)
    }
  })
}
