/** The first `apikey` parameter of a request target, decoded; undefined when there is none. */
export function readQueryKey(url: string): string | undefined {
  return readQueryKeys(url)[0];
}

/** All `apikey` parameters of a request target, decoded. */
export function readQueryKeys(url: string): string[] {
  return queryPairs(url).flatMap((pair) => {
    if (nameOf(pair) !== 'apikey') return [];
    const equals = pair.indexOf('=');
    return equals === -1 ? [''] : [decode(pair.slice(equals + 1))];
  });
}

/** The target with exactly one `apikey`, or none; all other parameters stay as the client wrote them. */
export function replaceQueryKey(url: string, apikey: string | undefined): string {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  const kept = queryPairs(url).filter((pair) => nameOf(pair) !== 'apikey');
  if (apikey !== undefined) kept.unshift(`apikey=${encodeURIComponent(apikey)}`);
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`;
}

function queryPairs(url: string): string[] {
  const start = url.indexOf('?');
  return start === -1
    ? []
    : url
        .slice(start + 1)
        .split('&')
        .filter(Boolean);
}

function nameOf(pair: string): string {
  const equals = pair.indexOf('=');
  return decode(equals === -1 ? pair : pair.slice(0, equals));
}

/** Decodes as Plug and Kong do; invalid percent-encoding stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
