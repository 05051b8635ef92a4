/** Characters of a text that is remembered. */
const longest = 64

/**
 * Gives equal texts as one: of those that come again and again (field names, media types, directives) a thousand kept copies
 * would each be a thing for the collector to look at. 4096 places, the newest text in each: bounded, and forgetful.
 */
export class SharedText {
  readonly #places: (string | undefined)[] = new Array(4096).fill(undefined)

  /** The same text, as it was seen before where that is remembered. */
  of(text: string): string {
    const { length } = text
    if (length === 0 || length > longest) return text
    let hash = length
    // Dates and tags differ at their ends, names at their beginnings.
    for (let i = 0; i < length; i += 3) hash = (hash * 31 + text.charCodeAt(i)) | 0
    const at = (hash ^ (hash >>> 12) ^ text.charCodeAt(length - 1)) & 4095
    const known = this.#places[at]
    if (known === text) return known
    this.#places[at] = text
    return text
  }
}
