/**
 * Matches a pattern of `additional_redirect_urls`: a glob with the separators `.` and `/`, as GoTrue configures its glob
 * library (internal/conf/configuration.go). `*` is any text without separators, `**` any text, `?` one character other
 * than a separator, `[a-z]` and `[!a-z]` a character of a class, `{a,b}` alternatives.
 */
export function matchesRedirectPattern(pattern: string, url: string): boolean {
  return compile(pattern).test(url);
}

/** Whether a pattern can be read; GoTrue does not start with one that cannot. */
export function isRedirectPattern(pattern: string): boolean {
  try {
    compile(pattern);
    return true;
  } catch {
    return false;
  }
}

const compiled = new Map<string, RegExp>();

function compile(pattern: string): RegExp {
  let expression = compiled.get(pattern);
  if (!expression) compiled.set(pattern, (expression = new RegExp(`^${translate(pattern)}$`)));
  return expression;
}

function translate(pattern: string): string {
  let source = '';
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    const set = character === '[' ? /^\[(!?)([^\]]+)\]/.exec(pattern.slice(at)) : null;
    if (pattern.startsWith('**', at)) {
      source += '.*';
      at++;
    } else if (character === '*') source += '[^./]*';
    else if (character === '?') source += '[^./]';
    else if (set) {
      source += `[${set[1] ? '^' : ''}${(set[2] ?? '').replaceAll(/[\\\]^]/g, String.raw`\$&`)}]`;
      at += set[0].length - 1;
    } else if (character === '{') {
      source += '(?:';
      depth++;
    } else if (character === '}' && depth > 0) {
      source += ')';
      depth--;
    } else if (character === ',' && depth > 0) source += '|';
    else if (character === '\\' && at + 1 < pattern.length) source += escapeRegExp(pattern.charAt(++at));
    else source += escapeRegExp(character);
  }
  return source + ')'.repeat(depth);
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`);
}
