import type { Section } from '../../config/section.ts';
import { TemplateError } from '../go-template/errors.ts';
import { textTemplate, type TextTemplate } from '../go-template/template.ts';

// GoTrue v2.196 internal/conf/configuration.go

const STANDARD = 'Your code is {{ .Code }}';

/**
 * Reads the template of messages with a code. Like GoTrue, which does not start with one that it cannot read, it looks at
 * the setting only if messages are sent.
 *
 * @throws SupabaseDevError CONFIG_INVALID
 */
export function readSmsTemplate(section: Section, isUsed: boolean): TextTemplate {
  const source = section.string('template') || STANDARD;
  try {
    return textTemplate(isUsed ? source : STANDARD);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw section.invalid('template', `is not valid: ${error.message} (line ${error.line} of the template)`, {
      hint: 'It is a template of Go, such as "Your code is {{ .Code }}".',
      cause: error,
    });
  }
}
