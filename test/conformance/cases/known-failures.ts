/**
 * Promises that sallyport does not keep today, by case, with the reason. The test of such a case demands that it fails:
 * one that is kept after all must leave this list.
 */
export const knownFailures: Readonly<Record<string, string>> = {
  'h2-controls-refused':
    'nghttp2, inside Node, drops such a field without a word and goes on. Nothing of it reaches the origin (see h2-controls-never-lines), but the request is not refused.',
}
