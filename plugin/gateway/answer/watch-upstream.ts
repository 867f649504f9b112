import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Observations } from '../../shared/observations.ts';
import type { GatewayRequest } from '../caller/caller.ts';
import type { UpstreamName } from '../target.ts';

/** Receives an answer of an upstream as it passes. */
export interface AnswerTap {
  data(chunk: Buffer): void;
  end(): void;
}

/**
 * Looks at the head of an answer.
 *
 * @param headers names and values alternating
 * @param body of the request, where it is in memory
 * @returns undefined for an answer that nobody has to explain
 */
export type WatchAnswer = (
  status: number,
  headers: readonly string[],
  body: Buffer | undefined,
) => AnswerTap | undefined;

const WATCHED: ReadonlySet<UpstreamName> = new Set(['rest', 'storage', 'functions']);
const MAX_BYTES = 64 * 1024;

/** Watches for refusals and answers without rows, where somebody explains them. */
export function watchUpstream(
  observations: Observations | undefined,
  req: GatewayRequest,
  service: UpstreamName,
  url: string,
  authorization: string | undefined,
): WatchAnswer | undefined {
  if (!observations?.isActive || !WATCHED.has(service)) return undefined;
  const { method = 'GET', headers } = req;
  const started = performance.now();
  return (status, answerHeaders, body) => {
    // PostgREST names the rows of every answer: none is `*/*`, or `*/0` with a count.
    const isEmpty = service === 'rest' && valueOf(answerHeaders, 'content-range')?.startsWith('*/') === true;
    if (status < 400 && !isEmpty) return undefined;
    const milliseconds = performance.now() - started;
    const chunks: Buffer[] = [];
    let size = 0;
    return {
      data(chunk) {
        size += chunk.length;
        if (status >= 400 && size <= MAX_BYTES) chunks.push(Buffer.from(chunk));
      },
      end() {
        const answer = size > MAX_BYTES ? '' : decode(Buffer.concat(chunks), answerHeaders);
        observations.emit({
          kind: 'upstream',
          request: req,
          service,
          method,
          url,
          headers,
          authorization,
          body,
          status,
          milliseconds,
          answer,
        });
      },
    };
  };
}

const DECODERS: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Buffer>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
};

function decode(bytes: Buffer, headers: readonly string[]): string {
  const encoding = valueOf(headers, 'content-encoding') ?? 'identity';
  if (encoding === 'identity') return bytes.toString();
  try {
    return DECODERS[encoding]?.(bytes, { maxOutputLength: 16 * MAX_BYTES }).toString() ?? '';
  } catch {
    return '';
  }
}

function valueOf(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((header, index) => index % 2 === 0 && header.toLowerCase() === name);
  return at === -1 ? undefined : headers[at + 1];
}
