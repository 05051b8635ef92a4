/** Values of Accept-Encoding, each row of one meaning. What cannot be read means the same as none at all. */
export const encodings: readonly (readonly (string | undefined)[])[] = [
  ['gzip, br', 'br,gzip', 'BR , gzip', 'gzip;q=1.0, br'],
  ['gzip', 'GZIP', 'gzip ; q=1'],
  ['br, gzip;q=0.5', 'gzip;q=0.5,br', 'br;q=1.000, gzip;q=0.500'],
  [undefined, '\x80gzip', 'gzip;q=x', 'gzip br'],
]

/** Values of Accept-Language, each row of one meaning. */
export const languages: readonly (readonly (string | undefined)[])[] = [
  ['en', 'EN', 'en;q=1.0'],
  ['de', 'De'],
  ['de, en;q=0.5', 'en;q=0.5,DE'],
  ['en, de;q=0.5'],
  [undefined],
]

export function encodingClass(value: string | undefined): string {
  return `row ${encodings.findIndex((row) => row.includes(value))}`
}

export function languageClass(value: string | undefined): string {
  return `row ${languages.findIndex((row) => row.includes(value))}`
}
