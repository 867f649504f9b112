import { expect, test } from 'vitest';
import { parseTemplate, renderTemplate } from '../../../plugin/stack/auth/templates/go-template.ts';

const data = {
  Email: 'a&b@example.com',
  Token: '123456',
  ConfirmationURL: 'https://example.com/verify?a=1&b=2',
  Data: { name: '<Ann>', items: ['one', 'two'], admin: false },
};

test.each([
  ['plain', 'plain'],
  ['{{ .Token }}', '123456'],
  ['{{.Email}}', 'a&amp;b@example.com'],
  ['{{ .Data.name }}', '&lt;Ann&gt;'],
  ['{{ if .Data.name }}yes{{ else }}no{{ end }}', 'yes'],
  ['{{ if .Data.admin }}yes{{ else if .Data.name }}name{{ else }}no{{ end }}', 'name'],
  ['{{ range .Data.items }}[{{ . }}]{{ end }}', '[one][two]'],
  ['{{ with .Data }}{{ .name }} {{ $.Token }}{{ end }}', '&lt;Ann&gt; 123456'],
  ['a {{- .Token -}} b', 'a123456b'],
  ['{{/* a comment */}}x', 'x'],
  ['{{ if eq .Token "123456" }}same{{ end }}', 'same'],
])('%s', (source, expected) => {
  expect(renderTemplate(parseTemplate(source, 'mail.html'), data)).toBe(expected);
});

test('names the file of a broken template', () => {
  expect(() => parseTemplate('{{ if .Token }}', 'supabase/templates/invite.html')).toThrow(/invite\.html/);
});
