import type { StudioOptions } from './options.ts';

/** Reads something for a page, which receives it as JSON; undefined where it does not exist. */
export type Read = (query: URLSearchParams, options: StudioOptions) => Promise<unknown>;
