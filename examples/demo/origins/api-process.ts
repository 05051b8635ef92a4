import { startApi } from './api.ts'

// Run by process.ts: `api-process.ts NAME PORT`. A Ctrl-C in the terminal comes to the whole group of processes; this one
// goes on, for the proxy drains first, and ends with the proxy.
const [name = 'api', port = '0'] = process.argv.slice(2)
process.on('SIGINT', () => {})
process.once('disconnect', () => process.exit())
const { url } = await startApi(name, Number(port))
process.send?.(url)
