// supabase/realtime v2.129.8 lib/realtime_web/plugs/auth_tenant.ex
import type { IncomingMessage } from 'node:http';
import { bearerToken } from '../../http/bearer.ts';
import type { JwtVerifier } from '../../jwt.ts';
import { tokenVerifier, type ChannelClaims } from '../access/tokens.ts';
import { HttpError } from './respond.ts';

/**
 * The claims of a request: of the token in `Authorization`, or in `apikey` without that header.
 *
 * @throws HttpError 401, for any invalid token
 */
export async function authenticate(req: IncomingMessage, jwt: JwtVerifier): Promise<ChannelClaims> {
  const unauthorized = new HttpError(401, { message: 'Unauthorized' });
  const { authorization, apikey } = req.headers;
  const token = authorization ? requestToken(authorization) : apikey;
  if (typeof token !== 'string') throw unauthorized;
  try {
    return await tokenVerifier(jwt, req.headers)(token);
  } catch {
    throw unauthorized;
  }
}

/** The token of `Authorization: Bearer …`; undefined unless it is a single word (several would be joined to one). */
export function requestToken(authorization: string | undefined): string | undefined {
  const token = bearerToken(authorization);
  return token === undefined || !/^\S+$/.test(token) ? undefined : token;
}
