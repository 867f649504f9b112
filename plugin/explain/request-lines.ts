import type { Logger } from '../shared/logger.ts';
import type { Observation, Observations, RestObservation } from '../shared/observations.ts';

/**
 * Prints a line for each request.
 *
 * @param isDetailed also role and SQL of what REST did
 * @returns how to stop
 */
export function logRequests(observations: Observations, logger: Logger, isDetailed: boolean): () => void {
  const details = new WeakMap<object, RestObservation>();
  const stopRecording = observations.record();
  const stopListening = observations.listen((observation) => {
    if (observation.kind === 'rest') details.set(observation.request, observation);
    if (observation.kind !== 'request') return;
    const { method, url, status, milliseconds, request } = observation;
    const line = `${method} ${withoutSecrets(url)} ${status} ${milliseconds.toFixed(1)} ms`;
    const rest = details.get(request);
    const role = rest?.caller ? ` ${rest.caller.role}` : '';
    const sql = isDetailed
      ? (rest?.transaction?.statements ?? [])
          .map(({ text, params }) => `\n    ${text} ${JSON.stringify(params)}`)
          .join('')
      : '';
    logger.info(printable(`Supabase: ${line}${role}`) + sql);
  });
  return () => {
    stopListening();
    stopRecording();
  };
}

/** A URL for people, who may show it to others. */
export function withoutSecrets(url: string): string {
  return url.replaceAll(/([?&](?:apikey|token|access_token|refresh_token|code)=)[^&]*/g, '$1…');
}

/** A line of text whatever clients wrote into it. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** What was observed, in a few words: `GET /rest/v1/notes?select=id: 200, 0 rows`. */
export function nameObservation(observation: Observation): string {
  switch (observation.kind) {
    case 'rest': {
      const { method, url, status, error, rows } = observation;
      const end = error ? ` ${error.code}` : rows === undefined ? '' : `, ${rows} rows`;
      return nameRequest(method, `/rest/v1${url}`, `${status}${end}`);
    }
    case 'storage':
      return nameRequest(observation.method, `/storage/v1${observation.path}`, String(observation.status));
    case 'gateway':
      return nameRequest(observation.method, observation.path, `${observation.status} ${observation.code}`);
    case 'request':
    case 'upstream':
      return nameRequest(observation.method, observation.url, String(observation.status));
    case 'function':
      return printable(`POST /functions/v1/${observation.slug}: ${observation.status}`);
    case 'redirect':
      return printable(`A redirect to ${observation.asked}`);
    case 'realtime': {
      const subject = 'topic' in observation ? observation.topic : '';
      return printable(`Realtime: ${observation.event.replaceAll('-', ' ')} ${subject}`.trimEnd());
    }
  }
}

function nameRequest(method: string, url: string, outcome: string): string {
  return printable(`${method} ${withoutSecrets(url)}: ${outcome}`);
}
