import type { IncomingMessage } from 'node:http';
import type { JwtVerifier } from '../../jwt.ts';
import { verifyToken, type ChannelClaims } from '../access/tokens.ts';
import { HttpError } from './respond.ts';

/**
 * The claims of a request: `Authorization: Bearer …`, else the header `apikey`.
 *
 * @throws HttpError 401, whatever is wrong with the token
 */
export async function authenticate(req: IncomingMessage, jwt: JwtVerifier): Promise<ChannelClaims> {
  const unauthorized = new HttpError(401, { message: 'Unauthorized' });
  const { authorization, apikey } = req.headers;
  const token = authorization ? /^bearer (\S+)$/i.exec(authorization)?.[1] : apikey;
  if (typeof token !== 'string') throw unauthorized;
  try {
    return await verifyToken(jwt, token);
  } catch {
    throw unauthorized;
  }
}
