import { isObject, parseJson, type JsonObject } from '../shared/json.ts';
import { decodeJwt } from '../shared/jwt.ts';
import type {
  Observation,
  Observations,
  RestFailure,
  RestTarget,
  UpstreamObservation,
} from '../shared/observations.ts';

/** Finds what a request to REST is about; undefined where the database is out of reach. */
export type FindTarget = (request: UpstreamObservation) => Promise<RestTarget | undefined>;

/**
 * Makes observations of the services, as those in this process report them, of what a Supabase elsewhere refuses or answers
 * without rows.
 *
 * @returns how to stop
 */
export function observeUpstream(observations: Observations, findTarget: FindTarget): () => void {
  return observations.listen((observation) => {
    if (observation.kind !== 'upstream') return;
    // The answer goes out first.
    setImmediate(() => {
      void translate(observation, findTarget)
        .then((translated) => translated && observations.emit(translated))
        .catch(() => {});
    });
  });
}

async function translate(
  upstream: UpstreamObservation,
  findTarget: FindTarget,
): Promise<Observation | undefined> {
  const { service, status, answer, method, url, request } = upstream;
  const parsed = parseJson(answer);
  const body: JsonObject = isObject(parsed) ? parsed : {};
  const message = textOf(body.message) ?? textOf(body.msg) ?? textOf(body.error) ?? `it answered ${status}`;
  if (status === 401 && isAboutKey(message)) return refusedKey(upstream, message);
  const token = /^Bearer (.+)$/i.exec(upstream.authorization ?? '')?.[1];
  if (service === 'rest') return translateRest(upstream, body, token, findTarget);
  if (status < 400) return undefined;
  const code = textOf(body.code) ?? textOf(body.error) ?? String(status);
  if (service === 'storage')
    return { kind: 'storage', request, method, path: url, status, code, message, token };
  const slug = /^\/([\w-]+)/.exec(url)?.[1];
  if (service !== 'functions' || slug === undefined || (status !== 401 && status !== 404)) return undefined;
  return { kind: 'function', request, slug, status, code, message, token };
}

async function translateRest(
  upstream: UpstreamObservation,
  body: JsonObject,
  token: string | undefined,
  findTarget: FindTarget,
): Promise<Observation> {
  const { request, method, url, status, milliseconds } = upstream;
  const error = status < 400 ? undefined : failureOf(body, status);
  const isTokenRefused = error !== undefined && /^PGRST30[0-3]$/.test(error.code);
  const claims = decodeJwt(token ?? '')?.claims ?? {};
  return {
    kind: 'rest',
    request,
    method,
    url,
    status,
    milliseconds,
    ...(error ? { error } : { rows: 0 }),
    ...(!isTokenRefused && { caller: { role: textOf(claims.role) ?? 'anon', claims } }),
    token,
    target: isTokenRefused ? undefined : await findTarget(upstream).catch(() => undefined),
  };
}

function failureOf(body: JsonObject, status: number): RestFailure {
  return {
    code: textOf(body.code) ?? String(status),
    message: textOf(body.message) ?? '',
    details: body.details,
    hint: textOf(body.hint),
  };
}

/** Kong's and the hosted API gateway's words. */
function isAboutKey(message: string): boolean {
  return /api ?key|authentication credentials/i.test(message);
}

/** A refusal of the API gateway in front of the services. */
function refusedKey(
  { request, method, url, service, status }: UpstreamObservation,
  message: string,
): Observation {
  return {
    kind: 'gateway',
    request,
    transport: 'http',
    method,
    path: `/${service}/v1${url}`,
    status,
    code: 'API_KEY_REFUSED',
    message,
    hint: 'Set SUPABASE_PUBLISHABLE_KEY and SUPABASE_ANON_KEY to the keys of that Supabase, as its dashboard or "supabase status" shows them.',
    origin: undefined,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
