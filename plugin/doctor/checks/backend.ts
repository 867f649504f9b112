import type { Backend } from '../../backend/backend.ts';
import { probeApi, probeHandshake, probeKey, type HandshakeResult } from '../../backend/probe.ts';
import { explainRoute } from '../../explain/causes/route.ts';
import type { GatewayKeys, UrlUpstream } from '../../gateway/target.ts';
import type { DoctorContext } from '../context.ts';
import { failed, ok, problem, type Finding } from '../finding.ts';

const CHECK = 'backend';
const HANDSHAKE_TIMEOUT_MS = 4_000;

/** Which backend is chosen, whether it answers and accepts the keys, and whether a WebSocket reaches Realtime. */
export async function checkBackend(context: DoctorContext): Promise<Finding[]> {
  const { running, choice } = context;
  if (running) return checkEmbedded(running.url, running);
  if (choice.backend) return checkUrlBackend(choice.backend);
  return [choice.error === undefined ? notRunning() : failed(CHECK, choice.error)];
}

function notRunning(): Finding {
  return problem(CHECK, 'info', {
    kind: 'not-running',
    subject: 'backend',
    cause: 'The embedded stack of this project does not run, so API, Realtime and database are not checked.',
    cure: 'Start it, and run doctor again.',
    code: 'npx vite',
  });
}

async function checkEmbedded(url: string, keys: GatewayKeys): Promise<Finding[]> {
  const origin = new URL(url);
  return [
    ok(CHECK, 'backend', `The embedded stack runs at ${origin.origin}`),
    ...(await checkApi(origin, keys)),
    await checkRoute(
      { kind: 'url', url: origin, speaks: 'gateway', host: origin.host },
      keys.publishableKey ?? '',
    ),
  ];
}

async function checkUrlBackend(backend: Backend): Promise<Finding[]> {
  const target = await backend.target();
  const [label] = backend.describe();
  const findings = [ok(CHECK, 'backend', `${label?.value ?? backend.kind} (${backend.reason})`)];
  const api = target.upstreams.rest;
  const { keys } = target;
  if (api?.kind === 'url') findings.push(...(await checkApi(api.url, keys)));
  const paths =
    (await target.websocket?.choose()) ?? (target.upstreams.realtime ? [target.upstreams.realtime] : []);
  const key = keys.anonKey ?? keys.publishableKey ?? '';
  const routes = await Promise.all(
    paths.flatMap((path) => (path.kind === 'url' ? [checkRoute(path, key)] : [])),
  );
  // One path that works is enough.
  const works = routes.find(({ severity }) => severity === 'ok');
  return [...findings, ...(works ? [works] : routes)];
}

async function checkApi(url: URL, keys: GatewayKeys): Promise<Finding[]> {
  const api = await probeApi(url, keys.anonKey);
  const subject = url.origin;
  if (!api.ok)
    return [
      problem(CHECK, 'error', {
        kind: 'api-down',
        subject,
        cause: `The API at ${subject} does not answer: ${api.reason}.`,
        cure: 'Start the backend, or correct its URL.',
      }),
    ];
  if (keys.anonKey !== undefined && !(await probeKey(url, keys.anonKey)))
    return [
      problem(CHECK, 'error', {
        kind: 'key-refused',
        subject,
        cause: `The API at ${subject} refuses the anon key of this project.`,
        cure: 'Set SUPABASE_ANON_KEY and SUPABASE_PUBLISHABLE_KEY to the keys of that backend.',
      }),
    ];
  return [ok(CHECK, subject, `The API at ${subject} answers and accepts the keys`)];
}

async function checkRoute({ url, speaks, host }: UrlUpstream, key: string): Promise<Finding> {
  const isDirect = speaks === 'service';
  const path = `${isDirect ? '/socket/websocket' : '/realtime/v1/websocket'}?apikey=${encodeURIComponent(key)}&vsn=1.0.0`;
  const headers = { host: host === 'client' ? url.host : host };
  const outcome: HandshakeResult = await probeHandshake({
    url,
    path,
    headers,
    timeout: HANDSHAKE_TIMEOUT_MS,
  });
  const explanation = explainRoute({ origin: url.origin, isDirect }, outcome);
  if (explanation) return problem(CHECK, 'error', explanation);
  return ok(
    CHECK,
    'realtime',
    `A WebSocket reaches Realtime ${isDirect ? 'directly at' : 'through'} ${url.origin}`,
  );
}
