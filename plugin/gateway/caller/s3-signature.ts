import type { IncomingHttpHeaders } from 'node:http';
import { gatewayError } from '../errors.ts';
import type { GatewayRefusal } from '../refusal.ts';
import type { GatewayKeys } from '../target.ts';
import type { GatewayCaller } from './caller.ts';
import { refuseCredential } from './judge.ts';

/**
 * Why a signed S3 request is refused.
 *
 * The S3 keys stand for service_role, so that others than admins need a session: a user's token as the session token, in
 * the part of the request that Storage reads the signature from (storage: src/http/plugins/signature-v4.ts). A browser's
 * form, whose signature is in its body, and a request without a signature have none.
 */
export function refuseS3Request(
  url: string,
  headers: IncomingHttpHeaders,
  caller: GatewayCaller,
  keys: GatewayKeys,
): GatewayRefusal | undefined {
  if (caller.mayBeAdmin) return undefined;
  // No page of another site has a reason to sign; it could only replay what somebody else signed.
  if (caller.origin === 'foreign') return gatewayError('SIGNATURE_REFUSED');
  const token = sessionToken(url, headers);
  if (token === undefined || token === '') return gatewayError('SIGNATURE_REFUSED');
  return refuseCredential(token, caller, keys);
}

function sessionToken(url: string, headers: IncomingHttpHeaders): string | undefined {
  const { authorization, 'x-amz-security-token': token } = headers;
  if (authorization !== undefined) return typeof token === 'string' ? token : undefined;
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1 || url.length));
  if (query.getAll('X-Amz-Signature').length !== 1) return undefined;
  const tokens = query.getAll('X-Amz-Security-Token');
  return tokens.length === 1 ? tokens[0] : undefined;
}
