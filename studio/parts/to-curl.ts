import type { LoggedRequest } from '../api.ts';

/** The request as a command line of a POSIX shell; a body that is not text comes through a pipe. */
export function toCurl({ method, url, headers, body }: LoggedRequest, origin: string): string {
  const binary = body && 'base64' in body ? body.base64 : undefined;
  const parts = binary === undefined ? [] : ['printf %s', quote(binary), '| base64 -d |'];
  parts.push('curl', ...(method === 'GET' ? [] : ['-X', method]), quote(`${origin}${url}`));
  for (const [name, value] of Object.entries(headers)) parts.push('-H', quote(`${name}: ${value}`));
  if (binary !== undefined) parts.push('--data-binary', '@-');
  // Unlike --data, it does not read a file where the body begins with @.
  else if (body && 'text' in body) parts.push('--data-raw', quote(body.text));
  return parts.join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
