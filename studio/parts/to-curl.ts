import type { LoggedRequest } from '../api.ts';

/** The request as a command line of a POSIX shell. */
export function toCurl({ method, url, headers, body }: LoggedRequest, origin: string): string {
  const parts = ['curl', ...(method === 'GET' ? [] : ['-X', method]), quote(`${origin}${url}`)];
  for (const [name, value] of Object.entries(headers)) parts.push('-H', quote(`${name}: ${value}`));
  if (body !== undefined) parts.push('--data', quote(body));
  return parts.join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
