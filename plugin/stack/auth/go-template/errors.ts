/** Where Go reports an error: reading the template, finding the context of its actions, or filling it. */
export type TemplateStage = 'parse' | 'escape' | 'execute';

/** An error in a template, with the line (from 1) that Go names for it, or the nearest one where Go names none. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly stage: TemplateStage;
  readonly line: number;

  constructor(stage: TemplateStage, line: number, message: string) {
    super(message);
    this.stage = stage;
    this.line = line;
  }
}
