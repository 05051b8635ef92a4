import { closeSync, openSync, readSync } from 'node:fs'
import type { Head } from '../head.ts'
import type { Disk } from './disk.ts'
import type { DiskIo } from './disk-io.ts'
import { isPassing } from './faults.ts'
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

type Means = Pick<Disk, 'io' | 'clock'>
type Place = Pick<Found, 'name' | 'serial'>

interface HeadFile {
  readonly header: FileHeader
  readonly json: string
  readonly head: Head
}

/** Folders that are looked at at a time. */
const workers = 16
/** A file that takes longer, in milliseconds, came from the disk itself: so will the rest of its folder. */
const slowFile = 1
/** What is read first: nearly always all of a head. */
const firstRead = 4096

/**
 * Reads the heads of all files. What is none of ours is left alone. Files that the system has in memory are read at once,
 * which costs a fourth of doing it in the background; where the disk has to be waited for, several are fetched at a time.
 */
export async function scanFolders(root: string, means: Means): Promise<Scan> {
  const { io } = means
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
        await scanFolder(folderOf(root, prefix), means, buffer, scan)
      }
    }),
  )
  return scan
}

async function scanFolder(
  folder: string,
  { io, clock }: Means,
  buffer: Buffer,
  { found, broken, orphans }: Scan,
): Promise<void> {
  const names = new Set(await namesIn(io, folder))
  let slow = false
  for (const file of names) {
    const path = `${folder}/${file}`
    if (file.endsWith(headSuffix)) {
      const entry = file.slice(0, -headSuffix.length)
      if (parseEntryFile(entry) !== undefined && !names.has(entry)) orphans.push(path)
      continue
    }
    const place = parseEntryFile(file)
    if (place === undefined) continue
    if (slow) await fetchStart(io, path)
    const begin = clock.now()
    const main = readHeadFile(path, place, buffer)
    slow ||= clock.now() - begin > slowFile
    const hasSide = names.has(file + headSuffix)
    const side = hasSide ? readHeadFile(path + headSuffix, place, buffer) : undefined
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
function readHeadFile(path: string, place: Place, buffer: Buffer): HeadFile | undefined {
  const bytes = readStart(path, buffer)
  const header = bytes === undefined ? undefined : decodeHeader(bytes)
  if (bytes === undefined || header === undefined || header.serial !== place.serial) return undefined
  const end = headerBytes + header.headBytes
  if (bytes.length < end || !isHeaderWhole(bytes.subarray(0, end))) return undefined
  const json = bytes.toString('utf8', headerBytes, end)
  const head = readHead(json)
  return head === undefined || variantName(head) !== place.name ? undefined : { header, json, head }
}

/** The first bytes of a file, all of the head among them. Undefined when it cannot be read for good. */
function readStart(path: string, buffer: Buffer): Buffer | undefined {
  let fd = -1
  try {
    fd = openSync(path, 'r')
    const start = buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, 0))
    const wanted = headerBytes + (decodeHeader(start)?.headBytes ?? 0)
    if (wanted <= start.length) return start
    const larger = Buffer.allocUnsafe(wanted)
    return larger.subarray(0, readSync(fd, larger, 0, wanted, 0))
  } catch (error) {
    // Nothing is wrong with the file then: it must not be removed.
    if (isPassing(error)) throw error
    return undefined
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}

/** Brings the first bytes of a file into the memory of the system, in one of the threads that wait for the disk. */
function fetchStart(io: DiskIo, path: string): Promise<void> {
  return new Promise((resolve) => {
    io.open(path, 'r', (error, fd) => {
      if (error !== null) resolve()
      else io.read(fd, Buffer.allocUnsafe(firstRead), 0, firstRead, 0, () => io.close(fd, () => resolve()))
    })
  })
}

function namesIn(io: DiskIo, folder: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    io.readdir(folder, (error, names) => (error === null ? resolve(names) : reject(error)))
  })
}
