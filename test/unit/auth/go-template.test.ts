import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TemplateError } from '../../../plugin/stack/auth/go-template/errors.ts';
import { htmlTemplate, textTemplate } from '../../../plugin/stack/auth/go-template/template.ts';
import { GoStruct, type GoMap, type GoValue } from '../../../plugin/stack/auth/go-template/values.ts';

/** What Go made of a template: its output, or where it found a mistake (test/fixtures/README.md). */
type Outcome = string | { readonly stage: string; readonly line?: number };

const FOLDER = join(import.meta.dirname, '../../fixtures/templates');
const read = (name: string): unknown => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));
const data = read('data') as GoMap;

function outcome(make: typeof textTemplate, source: string, value: GoValue): Outcome {
  try {
    return make(source).render(value);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { stage: error.stage, line: error.line };
  }
}

test.each([
  ['contexts', htmlTemplate, data],
  ['syntax', htmlTemplate, data],
  ['printf', htmlTemplate, data],
  ['errors', htmlTemplate, data],
  ['random', htmlTemplate, data],
  ['text', textTemplate, data],
  ['sms', textTemplate, new GoStruct({ Code: '123456' })],
] as const)('%s: as Go prints them', (name, make, value) => {
  const cases = read(name) as readonly (readonly [string, Outcome])[];
  expect(cases.length).toBeGreaterThan(10);
  const wrong = cases.flatMap(([source, wanted]) => {
    const got = outcome(make, source, value);
    // Go names no line for some mistakes.
    const isSame =
      typeof got === 'object' && typeof wanted === 'object'
        ? got.stage === wanted.stage && got.line === (wanted.line ?? got.line)
        : got === wanted;
    return isSame ? [] : [{ source, wanted, got }];
  });
  expect(wrong).toEqual([]);
});

test('a template of many values is filled in time', () => {
  const list = Array.from({ length: 20_000 }, (_, index) => `item ${index}`);
  const template = htmlTemplate(
    '{{ range $i, $e := .Data.list }}<li title="{{ $e }}">{{ $i }}</li>{{ end }}',
  );
  expect(template.render({ Data: { list } }).length).toBeGreaterThan(500_000);
});
