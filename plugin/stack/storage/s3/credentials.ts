// Storage v1.70.6 src/http/plugins/signature-v4.ts
import type { IncomingHttpHeaders } from 'node:http';
import type { StackContext } from '../../context.ts';
import type { Caller } from '../database/request-scope.ts';
import { storageErrors } from '../errors.ts';
import { authenticateToken } from '../http/authenticate.ts';
import type { ClientSignature } from './signature.ts';

/** Id of the CLI's only project: the access key of requests with a session token. */
const TENANT = 'stub';

/** The credentials that S3 requests may be signed with. */
export class S3Credentials {
  readonly #context: StackContext;

  constructor(context: StackContext) {
    this.#context = context;
  }

  /** The secret of an access key. @throws StorageError AccessDenied for keys that are not this stack's */
  secretOf({ accessKey, service, sessionToken }: ClientSignature): string {
    const { keys, config } = this.#context;
    const isSession = sessionToken !== undefined;
    const isKnown = isSession
      ? accessKey === TENANT || accessKey === config.projectId
      : accessKey === keys.s3AccessKey;
    if (!isKnown) throw storageErrors.accessDenied('Invalid Access Key');
    if (service !== 's3') throw storageErrors.accessDenied('Invalid Service');
    return isSession ? keys.anonKey : keys.s3SecretKey;
  }

  /**
   * The user of the session token; without one, the service role.
   *
   * @param headers of the request: they say which roles it may use
   * @throws StorageError AccessDenied
   */
  async callerOf({ sessionToken }: ClientSignature, headers: IncomingHttpHeaders): Promise<Caller> {
    const { jwt, keys } = this.#context;
    return authenticateToken(jwt, sessionToken ?? keys.serviceRoleKey, headers);
  }
}
