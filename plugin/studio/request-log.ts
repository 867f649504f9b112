import { isUtf8 } from 'node:buffer';
import { withoutSecrets } from '../explain/request-lines.ts';
import type { GatewayKeys } from '../gateway/target.ts';
import {
  SLOW_MS,
  type Observation,
  type Observations,
  type RequestObservation,
} from '../shared/observations.ts';
import { credentialToRepeat, describeCredential } from './credential.ts';

/** A request as the page shows it. */
export interface LoggedRequest {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  /** Keys and tokens of the query are left out. */
  readonly url: string;
  readonly status: number;
  /** Where the time went, in milliseconds. */
  readonly time: {
    readonly total: number;
    readonly gateway: number | undefined;
    readonly service: number | undefined;
  };
  /** Which credential won, and why. */
  readonly credential: string;
  readonly role: string | undefined;
  readonly rows: number | undefined;
  readonly sql: readonly { readonly text: string; readonly params: readonly string[] }[];
  /** Whether there is something to explain. */
  readonly hasCause: boolean;
  /** Headers for repeating it, without cookies; the credential is the client's, or the session of its cookie. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined without a body, or where it was not kept. */
  readonly body: LoggedBody | undefined;
  /** It had a body, which was too large to keep. */
  readonly isBodyLost: boolean;
}

/** The body as text where it is UTF-8. */
export type LoggedBody = { readonly text: string } | { readonly base64: string };

const KEPT = 200;
const REPEATED_HEADERS = [
  'apikey',
  'authorization',
  'content-type',
  'accept',
  'prefer',
  'accept-profile',
  'content-profile',
  'range',
];

/** The latest requests; records only while somebody follows. */
export class RequestLog {
  readonly #observations: Observations;
  readonly #keys: () => GatewayKeys | undefined;
  readonly #followers = new Set<(requests: readonly LoggedRequest[]) => void>();
  readonly #byRequest = new WeakMap<object, Observation>();
  readonly #kept = new Map<
    number,
    { readonly logged: LoggedRequest; readonly cause: Observation | undefined }
  >();
  #stop: (() => void) | undefined;
  #lastId = 0;

  constructor(observations: Observations, keys: () => GatewayKeys | undefined) {
    this.#observations = observations;
    this.#keys = keys;
  }

  /** The requests so far, the oldest first. */
  list(): LoggedRequest[] {
    return [...this.#kept.values()].map(({ logged }) => logged);
  }

  /** What was observed of a request, to be explained. */
  causeOf(id: number): Observation | undefined {
    return this.#kept.get(id)?.cause;
  }

  /** @returns how to stop following */
  follow(listener: (requests: readonly LoggedRequest[]) => void): () => void {
    this.#followers.add(listener);
    this.#stop ??= this.#start();
    return () => {
      this.#followers.delete(listener);
      if (this.#followers.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  close(): void {
    this.#followers.clear();
    this.#stop?.();
  }

  #start(): () => void {
    const stopRecording = this.#observations.record({ withBodies: true });
    const stopListening = this.#observations.listen((observation) => {
      if (observation.kind === 'request') this.#add(observation);
      else if ('request' in observation) this.#byRequest.set(observation.request, observation);
    });
    return () => {
      stopListening();
      stopRecording();
    };
  }

  #add(request: RequestObservation): void {
    if (request.url.startsWith('/__supabase')) return;
    const cause = this.#byRequest.get(request.request);
    const id = ++this.#lastId;
    const logged = describe(id, request, cause, this.#keys());
    this.#kept.set(id, { logged, cause });
    if (this.#kept.size > KEPT) this.#kept.delete(id - KEPT);
    for (const follower of this.#followers) follower([logged]);
  }
}

function describe(
  id: number,
  request: RequestObservation,
  cause: Observation | undefined,
  keys: GatewayKeys | undefined,
): LoggedRequest {
  const { at, method, url, status, milliseconds, gatewayMilliseconds, headers } = request;
  const rest = cause?.kind === 'rest' ? cause : undefined;
  const service = gatewayMilliseconds === undefined ? undefined : milliseconds - gatewayMilliseconds;
  const statements = rest?.transaction?.statements ?? [];
  return {
    id,
    at,
    method,
    url: withoutSecrets(url),
    status,
    time: { total: milliseconds, gateway: gatewayMilliseconds, service },
    credential: keys ? describeCredential(request, keys) : '',
    role: rest?.caller?.role,
    rows: rest?.rows,
    sql: statements.map(({ text, params }) => ({
      text,
      params: params.map((value) => (value === null ? 'null' : String(value).slice(0, 500))),
    })),
    hasCause: cause !== undefined && (status >= 400 || rest?.rows === 0 || milliseconds >= SLOW_MS),
    headers: {
      ...Object.fromEntries(
        REPEATED_HEADERS.flatMap((name) =>
          headers[name] === undefined ? [] : [[name, String(headers[name])]],
        ),
      ),
      ...(keys && credentialToRepeat(request, keys)),
    },
    body: describeBody(request.body),
    isBodyLost: request.body === undefined && hasBody(headers),
  };
}

function describeBody(body: Buffer | undefined): LoggedBody | undefined {
  if (body === undefined || body.length === 0) return undefined;
  return isUtf8(body) ? { text: body.toString() } : { base64: body.toString('base64') };
}

function hasBody(headers: RequestObservation['headers']): boolean {
  const length = headers['content-length'];
  return length === undefined ? headers['transfer-encoding'] !== undefined : length !== '0';
}
