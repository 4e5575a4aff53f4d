/** Splits a request's URL into its undecoded path and its query with the question mark. */
export function requestUrlPath(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark) };
}
