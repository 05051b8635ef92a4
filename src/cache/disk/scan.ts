import type { Head } from '../head.ts'
import type { DiskIo } from './disk-io.ts'
import { decodeHeader, type FileHeader, headerBytes, isHeaderWhole } from './file-format.ts'
import { folderOf, headSuffix, isFolder, parseEntryFile, variantName } from './file-name.ts'
import { readHead } from './head-json.ts'

/** An entry as it is found in the folders. */
export interface Found {
  readonly name: string
  readonly serial: number
  readonly size: number
  readonly headBytes: number
  readonly head: Head
  readonly json: string
  /** Bytes of the side file's JSON; 0 when there is none. */
  readonly sideBytes: number
}

export interface Scan {
  readonly found: Found[]
  /** Files of ours that cannot be used. */
  readonly broken: string[]
  /** Newer heads of entries that were being removed. */
  readonly orphans: string[]
}

interface HeadFile {
  readonly header: FileHeader
  readonly json: string
  readonly head: Head
}

/** Folders that are looked at at a time. */
const workers = 16
/** What is read first: nearly always all of a head. */
const firstRead = 4096

/** Reads the heads of all files. What is none of ours is left alone. */
export async function scanFolders(root: string, io: DiskIo): Promise<Scan> {
  const scan: Scan = { found: [], broken: [], orphans: [] }
  const folders: string[] = []
  for (const first of await namesIn(io, root)) {
    if (!isFolder(first, 1)) continue
    for (const second of await namesIn(io, `${root}/${first}`)) {
      if (isFolder(second, 2)) folders.push(`${first}${second}`)
    }
  }
  let next = 0
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const buffer = Buffer.allocUnsafeSlow(firstRead)
      for (let prefix = folders[next++]; prefix !== undefined; prefix = folders[next++]) {
        await scanFolder(folderOf(root, prefix), io, buffer, scan)
      }
    }),
  )
  return scan
}

async function scanFolder(folder: string, io: DiskIo, buffer: Buffer, { found, broken, orphans }: Scan): Promise<void> {
  const names = new Set(await namesIn(io, folder))
  for (const file of names) {
    const path = `${folder}/${file}`
    if (file.endsWith(headSuffix)) {
      const entry = file.slice(0, -headSuffix.length)
      if (parseEntryFile(entry) !== undefined && !names.has(entry)) orphans.push(path)
      continue
    }
    const place = parseEntryFile(file)
    if (place === undefined) continue
    const main = await readHeadFile(io, path, place, buffer)
    const hasSide = names.has(file + headSuffix)
    const side = hasSide ? await readHeadFile(io, path + headSuffix, place, buffer) : undefined
    // Without the newer head the older one might be taken for fresh.
    if (main === undefined || (hasSide && side === undefined)) {
      broken.push(path)
      if (hasSide) broken.push(path + headSuffix)
      continue
    }
    const { head, json } = side ?? main
    const { size, headBytes } = main.header
    found.push({ ...place, size, headBytes, head, json, sideBytes: side?.header.headBytes ?? 0 })
  }
}

/** Undefined for a file that is not what its name says. */
async function readHeadFile(
  io: DiskIo,
  path: string,
  place: { readonly name: string; readonly serial: number },
  buffer: Buffer,
): Promise<HeadFile | undefined> {
  const bytes = await readStart(io, path, buffer)
  const header = bytes === undefined ? undefined : decodeHeader(bytes)
  if (bytes === undefined || header === undefined || header.serial !== place.serial) return undefined
  const end = headerBytes + header.headBytes
  if (bytes.length < end || !isHeaderWhole(bytes.subarray(0, end))) return undefined
  const json = bytes.toString('utf8', headerBytes, end)
  const head = readHead(json)
  return head === undefined || variantName(head) !== place.name ? undefined : { header, json, head }
}

/** The first bytes of a file, all of the head among them. Undefined when it cannot be read. */
function readStart(io: DiskIo, path: string, buffer: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    io.open(path, 'r', (error, fd) => {
      if (error !== null) return resolve(undefined)
      const end = (bytes: Buffer | undefined): void => io.close(fd, () => resolve(bytes))
      io.read(fd, buffer, 0, buffer.length, 0, (error, read) => {
        if (error !== null) return end(undefined)
        const start = buffer.subarray(0, read)
        const header = decodeHeader(start)
        const wanted = headerBytes + (header?.headBytes ?? 0)
        if (wanted <= read) return end(start)
        const larger = Buffer.allocUnsafe(wanted)
        io.read(fd, larger, 0, wanted, 0, (error, read) => end(error === null ? larger.subarray(0, read) : undefined))
      })
    })
  })
}

function namesIn(io: DiskIo, folder: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    io.readdir(folder, (error, names) => (error === null ? resolve(names) : reject(error)))
  })
}
