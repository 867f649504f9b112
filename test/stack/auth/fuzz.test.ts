import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRandom } from '../../helpers/random.ts';
import { randomRequest, type Known, type RandomRequest } from './random-requests.ts';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

// FUZZ_COUNT=100000 for the long run; FUZZ_SEED to repeat one.
const COUNT = Number(process.env.FUZZ_COUNT ?? 3000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const PARALLEL = 8;

// What GoTrue answers, with status 500, to an administrator who sends an unreadable `password_hash`.
const UNREADABLE_HASH = '"Error creating user"';

const CONFIG = `
[auth]
enable_anonymous_sign_ins = true
enable_manual_linking = true
[auth.email]
max_frequency = "1ms"
[auth.sms]
enable_signup = true
max_frequency = "1ms"
[auth.sms.twilio]
enabled = true
[auth.mfa.totp]
enroll_enabled = true
verify_enabled = true
[auth.mfa.phone]
enroll_enabled = true
verify_enabled = true
[auth.mfa.web_authn]
enroll_enabled = true
verify_enabled = true
[auth.passkey]
enabled = true
[auth.oauth_server]
enabled = true
allow_dynamic_registration = true
[auth.rate_limit]
sms_sent = 1000000
[auth.external.github]
enabled = true
`;

let stack: TestStack;
let known: Known;

beforeAll(async () => {
  stack = await startAuth(CONFIG);
  const supabase = createTestClient(stack);
  const { data } = await supabase.auth.signUp({ email: 'ann@example.com', password: 'correct-horse' });
  const factor = await supabase.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'app' });
  const anonymous = await createTestClient(stack).auth.signInAnonymously();
  const client = await fetch(`${stack.url}/auth/v1/oauth/clients/register`, {
    method: 'POST',
    body: JSON.stringify({ redirect_uris: ['http://localhost:3000/back'], client_name: 'app' }),
  });
  const { client_id } = (await client.json()) as { client_id: string };
  const token = data.session?.access_token ?? '';
  known = {
    tokens: [
      token,
      anonymous.data.session?.access_token ?? '',
      stack.keys.serviceRoleKey,
      stack.keys.anonKey,
      `${token}x`,
    ],
    values: [
      data.user?.id ?? '',
      data.user?.identities?.[0]?.identity_id ?? '',
      factor.data?.id ?? '',
      client_id,
      'ann@example.com',
      'bob@example.com',
      'correct-horse',
      'http://localhost:3000/back',
      data.session?.refresh_token ?? '',
    ],
  };
});
afterAll(() => stack.stop());

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** By Node's client, which sends more than fetch() may. */
function send({ method, path, headers, body }: RandomRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(`${stack.url}/auth/v1${path}`, { method, headers }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => (text += chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body: text }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(body);
  });
}

test(
  `answers ${COUNT} random and hostile requests without a fault`,
  { timeout: 30_000 + COUNT * 50 },
  async () => {
    const random = createRandom(SEED);
    const statuses = new Map<number, number>();
    const faults: string[] = [];
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < COUNT) {
        sent += 1;
        const asked = randomRequest(random, known);
        const { status, body } = await send(asked).catch((error: Error) => ({
          status: 0,
          body: error.message,
        }));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if ((status < 200 || status >= 500) && !body.includes(UNREADABLE_HASH)) {
          faults.push(`${JSON.stringify(asked).slice(0, 1500)} → ${status} ${body.slice(0, 300)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    expect(faults).toEqual([]);
    // The requests must reach the handlers: not all of them may be refused.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(COUNT / 20);
  },
);
