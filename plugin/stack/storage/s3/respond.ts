// Storage v1.70.6 src/http/routes/s3/error-handler.ts
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toStorageError } from '../errors.ts';
import { startErrorResponse } from '../http/respond.ts';
import { formatXml, type XmlElement } from './format-xml.ts';

export type { XmlElement } from './format-xml.ts';

interface Responding {
  readonly res: ServerResponse;
}

export function sendXml({ res }: Responding, root: string, children: readonly XmlElement[] | string): void {
  sendDocument(res, 200, formatXml(root, children));
}

export function sendEmpty({ res }: Responding, status: number, headers: Record<string, string> = {}): void {
  res.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': 0 });
  res.end();
}

/** Answers an error of the S3 protocol, which has its true status and names the resource. */
export function sendS3Error(req: IncomingMessage, res: ServerResponse, url: string, thrown: unknown): void {
  if (!startErrorResponse(req, res)) return;
  const error = toStorageError(thrown);
  const resource = (url.split('?', 1)[0] ?? '').split('/').filter(Boolean).slice(1).join('/');
  sendDocument(
    res,
    error.statusCode,
    formatXml('Error', [
      ['Resource', resource],
      ['Code', error.code],
      ['Message', error.message],
    ]),
  );
}

function sendDocument(res: ServerResponse, status: number, document: string): void {
  const text = Buffer.from(document);
  res.writeHead(status, {
    'content-type': 'application/xml; charset=utf-8',
    'content-length': text.length,
  });
  res.end(text);
}
