import type { JsonObject } from '../shared/json.ts';
import type { StudioOptions } from './options.ts';

/**
 * Changes something for a page, and returns what the page receives as JSON. `signal` aborts when the page no longer
 * waits. @throws InvalidChange where `input` is not what the change needs
 */
export type Change = (
  input: JsonObject,
  context: { readonly options: StudioOptions; readonly signal: AbortSignal },
) => Promise<unknown>;

/** The input of a change is not what it needs; the page receives status 400 with the message. */
export class InvalidChange extends Error {}
