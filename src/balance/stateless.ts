/** The same pattern without `g` and `y`: with these it remembers where it stopped, and answers differently the next time. */
export function stateless({ source, flags }: RegExp): RegExp {
  return new RegExp(source, flags.replace(/[gy]/g, ''))
}
