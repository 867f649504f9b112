import { ESCAPERS } from './escape/escapers.ts';
import { escape } from './escape/escape.ts';
import { execute } from './execute.ts';
import { BUILTINS } from './functions/functions.ts';
import { parse } from './parse/parser.ts';
import type { GoValue } from './values.ts';

/** A template that was read. */
export interface TextTemplate {
  /**
   * Fills the template.
   *
   * @throws TemplateError of stage `execute`
   */
  readonly render: (data: GoValue) => string;
}

export interface HtmlTemplate {
  /**
   * Finds where in HTML the values stand. Filling does it too, as in Go.
   *
   * @throws TemplateError of stage `escape`
   */
  readonly escape: () => void;
  /**
   * Fills the template, with each value escaped for the place where it stands.
   *
   * @throws TemplateError of stage `escape` or `execute`
   */
  readonly render: (data: GoValue) => string;
}

const NAMES: ReadonlySet<string> = new Set(BUILTINS.keys());
const HTML_FUNCTIONS = new Map([...BUILTINS, ...ESCAPERS]);
const MAIN = '';

/**
 * Reads a template of Go's text/template.
 *
 * @throws TemplateError of stage `parse`
 */
export function textTemplate(source: string): TextTemplate {
  const templates = parse(source, MAIN, NAMES);
  return { render: (data) => execute(templates, BUILTINS, MAIN, data) };
}

/**
 * Reads a template of Go's html/template, which escapes values by where in HTML, CSS or JavaScript they stand.
 *
 * @throws TemplateError of stage `parse`
 */
export function htmlTemplate(source: string): HtmlTemplate {
  const templates = parse(source, MAIN, NAMES);
  let escaped: ReturnType<typeof escape> | undefined;
  const escapedOnce = (): ReturnType<typeof escape> => (escaped ??= escape(templates, MAIN));
  return {
    escape: () => void escapedOnce(),
    render: (data) => execute(escapedOnce(), HTML_FUNCTIONS, MAIN, data),
  };
}
