import { createHash } from 'node:crypto'
import type { Head } from '../head.ts'

/** What a side file with a newer head is called beside its entry. */
export const headSuffix = '.head'
const partSuffix = '.part'

const folder1 = /^[0-9a-f]$/
const folder2 = /^[0-9a-f]{2}$/
const entryFile = /^([0-9a-f]{40})-([0-9a-z]{1,10})$/
const partFile = /^[0-9a-z]{1,10}\.part$/

/** The place of a response under its URL: 40 hex digits of the SHA-256 of `url`, `extra` and `vary`, each with its length. */
export function variantName(head: Head): string {
  let text = `${head.url.length}:${head.url}${head.extra.length}:${head.extra}`
  for (const part of head.vary) text += `${part.length}:${part}`
  return createHash('sha256').update(text).digest('hex').slice(0, 40)
}

/** Folder of an entry: 16 folders with 256 folders each. */
export function folderOf(root: string, name: string): string {
  return `${root}/${name.slice(0, 1)}/${name.slice(1, 3)}`
}

/** File of an entry. The serial makes it another file for every response, so that none is ever written over. */
export function entryPath(root: string, name: string, serial: number): string {
  return `${folderOf(root, name)}/${name}-${serial.toString(36)}`
}

/** Where files grow until they are whole. */
export function partFolder(root: string): string {
  return `${root}/tmp`
}

export function partPath(root: string, serial: number): string {
  return `${partFolder(root)}/${serial.toString(36)}${partSuffix}`
}

export function isFolder(name: string, depth: 1 | 2): boolean {
  return (depth === 1 ? folder1 : folder2).test(name)
}

export function isPart(name: string): boolean {
  return partFile.test(name)
}

/** Name and serial of an entry's file; undefined for what is none of ours. */
export function parseEntryFile(file: string): { readonly name: string; readonly serial: number } | undefined {
  const match = entryFile.exec(file)
  if (match === null) return undefined
  const serial = Number.parseInt(match[2] as string, 36)
  return serial < 2 ** 48 ? { name: match[1] as string, serial } : undefined
}
