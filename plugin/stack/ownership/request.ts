import { ERROR_CODES, type ErrorCode } from '../../shared/error-codes.ts';
import { errorMessage, SupabaseDevError, type SourceLocation } from '../../shared/errors.ts';
import { isObject, parseJson } from '../../shared/json.ts';

/** What a command of this user asks the process that runs the stack. */
export interface StackRequest {
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** @returns anything that JSON can carry */
export type RequestHandler = (request: StackRequest) => Promise<unknown>;

interface RemoteError {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
  readonly location?: SourceLocation;
}

/** The line that answers a line; it never rejects. */
export async function answerRequest(line: string, handle: RequestHandler | undefined): Promise<string> {
  try {
    const request = parseJson(line);
    if (!isObject(request) || typeof request.command !== 'string' || !handle)
      throw new Error('the request cannot be answered');
    const args = isObject(request.args) ? request.args : {};
    return JSON.stringify({ result: (await handle({ command: request.command, args })) ?? null });
  } catch (error) {
    const known = error instanceof SupabaseDevError ? error : undefined;
    const { code, hint, location } = known ?? {};
    return JSON.stringify({
      error: { code, message: errorMessage(error), hint, location } satisfies RemoteError,
    });
  }
}

/** The result in an answer. @throws SupabaseDevError, or Error, as the other process did */
export function readAnswer(line: string): unknown {
  const answer = JSON.parse(line) as { result?: unknown; error?: RemoteError };
  if (!answer.error) return answer.result;
  const { code, message, hint, location } = answer.error;
  if (code !== undefined && code in ERROR_CODES)
    throw new SupabaseDevError(code as ErrorCode, message, { hint, location });
  throw new Error(message);
}
