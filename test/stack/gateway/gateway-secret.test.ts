import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { GatewayTarget, UrlUpstream } from '../../../plugin/gateway/target.ts';
import { ask, listen, reflect, seenIn, startGateway } from '../../helpers/gateway/support.ts';
import { KEYS } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

// A dev server that uses the stack of another one: the owner's gateway does not know the hosts that the other one answers
// for, and relies on the check of a gateway that has the secret.

const PROOF = 'p'.repeat(43);
const HEADER = 'x-supabase-gateway-secret';
const SOCKET = '/realtime/v1/websocket?apikey=sb_publishable_test';
const accepted: unknown[] = [];

/** A function that grants what its path says, such as `/functions/v1/grants?https://partner.example`. */
function answerAsFunction(req: IncomingMessage, res: ServerResponse): void {
  const [, grant] = (req.url ?? '').split('?');
  if (grant !== undefined) res.setHeader('access-control-allow-origin', grant);
  if (req.method === 'OPTIONS' && grant !== undefined) res.setHeader('access-control-allow-headers', 'x-own');
  res.end(req.headers['x-supabase-foreign-page'] ?? 'no header of the gateway');
}

async function startOwner(gatewaySecret: string | undefined = PROOF): Promise<string> {
  const target: GatewayTarget = {
    keys: KEYS,
    upstreams: {
      rest: { kind: 'handler', handle: reflect },
      functions: { kind: 'handler', handle: answerAsFunction },
      realtime: {
        kind: 'handler',
        handle: reflect,
        upgrade(req, socket) {
          accepted.push(req.headers[HEADER]);
          socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
        },
      },
    },
  };
  return (await startGateway({ target, gatewaySecret })).url;
}

/** The second dev server, which answers for dev.example, in front of the owner. */
async function join(owner: string, gatewaySecret: string | undefined, others: object = {}): Promise<string> {
  const upstream: UrlUpstream = {
    kind: 'url',
    url: new URL(owner),
    speaks: 'gateway',
    host: 'client',
    gatewaySecret,
  };
  const target: GatewayTarget = {
    keys: KEYS,
    upstreams: { rest: upstream, realtime: upstream, functions: upstream, ...others },
  };
  return (await startGateway({ target, allowedHosts: ['dev.example'] })).url;
}

describe('a request through another gateway with the secret', () => {
  test('is served on both transports under a host that only the other gateway allows', async () => {
    const url = await join(await startOwner(), PROOF);
    const headers = { host: 'dev.example:3003', 'x-forwarded-proto': 'https' };
    const answer = await ask(url, '/rest/v1/items', { headers });
    expect(answer.status).toBe(200);
    expect(seenIn(answer).headers).toMatchObject({
      host: 'dev.example:3003',
      'x-forwarded-host': 'dev.example:3003',
      'x-forwarded-proto': 'https',
    });
    expect((await upgrade(url, SOCKET, headers)).status).toBe(101);
  });

  test('may come from a page of an origin that only the other gateway trusts', async () => {
    const url = await join(await startOwner(), PROOF);
    const headers = { host: 'localhost:3003', origin: 'https://dev.example' };
    const answer = await ask(url, '/rest/v1/items', { headers });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect((await upgrade(url, SOCKET, headers)).status).toBe(101);
  });

  test('is still refused by the other gateway when host or origin are foreign', async () => {
    const url = await join(await startOwner(), PROOF);
    const host = { host: 'evil.example' };
    expect((await ask(url, '/rest/v1/items', { headers: host })).status).toBe(403);
    expect((await upgrade(url, SOCKET, host)).status).toBe(403);
    const origin = { host: 'dev.example', origin: 'https://evil.example' };
    expect((await upgrade(url, SOCKET, origin)).status).toBe(403);
    const answer = await ask(url, '/rest/v1/items', { headers: origin });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('gets no other rights: a secret key from the network stays refused', async () => {
    const url = await join(await startOwner(), PROOF);
    const headers = { host: 'dev.example', apikey: 'sb_secret_test' };
    expect((await ask(url, '/rest/v1/items', { headers })).status).toBe(401);
    const owner = await startOwner();
    const direct = { ...headers, [HEADER]: PROOF };
    expect((await ask(owner, '/rest/v1/items', { headers: direct })).status).toBe(401);
  });
});

describe('without the secret nothing changes', () => {
  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['a wrong one of the same length', 'q'.repeat(43)],
    ['a shorter one', 'p'],
    ['a longer one', 'p'.repeat(44)],
    ['two', `${PROOF}, ${PROOF}`],
  ])('%s: the host is refused, localhost is served', async (_title, value) => {
    const owner = await startOwner();
    const gatewaySecret = value === undefined ? undefined : { [HEADER]: value };
    const foreign = { ...gatewaySecret, host: 'dev.example' };
    expect((await ask(owner, '/rest/v1/items', { headers: foreign })).status).toBe(403);
    expect((await upgrade(owner, SOCKET, foreign)).status).toBe(403);
    const local = { ...gatewaySecret, host: 'localhost' };
    expect((await ask(owner, '/rest/v1/items', { headers: local })).status).toBe(200);
    expect((await upgrade(owner, SOCKET, local)).status).toBe(101);
  });

  test('a gateway without a secret accepts none', async () => {
    const { url } = await startGateway({
      target: { keys: KEYS, upstreams: { rest: { kind: 'handler', handle: reflect } } },
    });
    for (const value of ['', 'undefined', PROOF]) {
      const headers = { host: 'dev.example', [HEADER]: value };
      expect((await ask(url, '/rest/v1/items', { headers })).status).toBe(403);
    }
  });

  test('a gateway that joined without a secret does not forward a client’s header', async () => {
    const url = await join(await startOwner(), undefined);
    const headers = { host: 'dev.example', [HEADER]: PROOF };
    expect((await ask(url, '/rest/v1/items', { headers })).status).toBe(403);
    expect((await upgrade(url, SOCKET, headers)).status).toBe(403);
  });
});

describe('the secret stays between the two gateways', () => {
  test('no service receives it', async () => {
    const url = await join(await startOwner(), PROOF);
    const answer = await ask(url, '/rest/v1/items');
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer)).not.toContain(PROOF);
    accepted.length = 0;
    const { headers, body } = await upgrade(url, SOCKET);
    expect(accepted).toEqual([undefined]);
    expect(JSON.stringify([headers, body])).not.toContain(PROOF);
  });

  test('no other upstream receives it, nor a client’s header of that name', async () => {
    const { url: other } = await listen(createServer(reflect));
    const functions = { kind: 'url', url: new URL(other), speaks: 'gateway', host: 'client' };
    const url = await join(await startOwner(), PROOF, { functions });
    for (const claim of [undefined, 'mine']) {
      const headers: Record<string, string> = claim === undefined ? {} : { [HEADER]: claim };
      const seen = seenIn(await ask(url, '/functions/v1/hello', { headers }));
      expect(seen.headers[HEADER]).toBeUndefined();
      expect(JSON.stringify(seen)).not.toContain(PROOF);
    }
  });
});

describe('a function behind another gateway with the secret', () => {
  const FOREIGN = 'https://evil.example';
  const TRUSTED = 'https://dev.example';

  test.each([
    [FOREIGN, '*', '*'],
    [FOREIGN, 'https://partner.example', 'https://partner.example'],
    [FOREIGN, undefined, undefined],
    [TRUSTED, undefined, '*'],
    [TRUSTED, 'https://partner.example', 'https://partner.example'],
  ])('that a page of %s calls grants what it says itself: %s', async (origin, grant, expected) => {
    const url = await join(await startOwner(), PROOF);
    const path = `/functions/v1/grants${grant === undefined ? '' : `?${grant}`}`;
    const headers = { host: 'dev.example', origin };
    const answer = await ask(url, path, { headers });
    expect(answer.headers['access-control-allow-origin']).toBe(expected);
    expect(answer.body).toBe('no header of the gateway');
    const preflight = { ...headers, 'access-control-request-method': 'POST' };
    const granted = await ask(url, path, { method: 'OPTIONS', headers: preflight });
    // The gateway answers the preflights of pages that it trusts, as the CLI's does.
    const wanted = origin === TRUSTED ? ['*', undefined] : [grant, grant && 'x-own'];
    const { 'access-control-allow-origin': to, 'access-control-allow-headers': names } = granted.headers;
    expect([to, names]).toEqual(wanted);
  });

  test('cannot be called as a page of another kind', async () => {
    const url = await join(await startOwner(), PROOF);
    for (const value of ['', 'false', 'true']) {
      const headers = { host: 'dev.example', origin: FOREIGN, 'x-supabase-foreign-page': value };
      const answer = await ask(url, '/functions/v1/closed', { headers });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      const own = { ...headers, origin: TRUSTED };
      expect((await ask(url, '/functions/v1/closed', { headers: own })).headers).toMatchObject({
        'access-control-allow-origin': '*',
      });
    }
  });
});
