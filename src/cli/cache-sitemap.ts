import sax from 'sax'

export interface Sitemap {
  readonly pages: string[]
  /** Of an index: further sitemaps. */
  readonly sitemaps: string[]
}

/** What a URL in a sitemap may have at most, and how deep its elements lie (they are three deep). */
const longestUrl = 2048
const mostDepth = 20

/**
 * Reads a sitemap or a sitemap index (sitemaps.org/protocol.html) as it comes. Nothing is loaded that it names, and no
 * entity is known but the five of XML.
 * @param most pages, and sitemaps; what follows is left out
 * @throws Error that says where it is no good XML
 */
export async function readSitemap(content: AsyncIterable<Buffer>, most: number): Promise<Sitemap> {
  const found: Sitemap = { pages: [], sitemaps: [] }
  const parser = createParser(found, most)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const chunk of content) parser.write(decoder.decode(chunk, { stream: true }))
  parser.write(decoder.decode())
  parser.close()
  return found
}

function createParser({ pages, sitemaps }: Sitemap, most: number): sax.SAXParser {
  const parser = sax.parser(true, { strictEntities: true } as sax.SAXOptions)
  const path: string[] = []
  let text = ''
  /** The list that the text under way is for. */
  let list: string[] | undefined

  const onText = (more: string): void => {
    if (list !== undefined && text.length <= longestUrl) text += more
  }
  parser.onopentag = ({ name }) => {
    const parent = path.at(-1)
    path.push(localName(name))
    if (path.length > mostDepth) throw new Error(`elements lie more than ${mostDepth} deep`)
    // `image:loc` and its like have other parents.
    list = path.at(-1) !== 'loc' ? undefined : parent === 'url' ? pages : parent === 'sitemap' ? sitemaps : undefined
    text = ''
  }
  parser.ontext = onText
  parser.oncdata = onText
  parser.onclosetag = () => {
    const url = text.trim()
    if (list !== undefined && list.length < most && url !== '' && url.length <= longestUrl) list.push(url)
    path.pop()
    list = undefined
  }
  parser.onerror = (error) => {
    const [what = ''] = error.message.split('\n')
    throw new Error(`it is no good XML: ${what}, line ${parser.line + 1}`)
  }
  return parser
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)
