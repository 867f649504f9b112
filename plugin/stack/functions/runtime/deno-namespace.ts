/** The parts of Deno's API that the runtime uses; the rest of this project is for Node and has no types of Deno. */
export interface DenoNamespace {
  readonly env: {
    get(name: string): string | undefined;
    delete(name: string): void;
    toObject(): Record<string, string>;
  };
  readonly mainModule: string;
  readonly pid: number;
  readonly stdout: { writeSync(bytes: Uint8Array): number };
  readonly stdin: { read(buffer: Uint8Array): Promise<number | null> };
  inspect(value: unknown, options?: { depth?: number; colors?: boolean }): string;
  exit(code: number): never;
  createHttpClient(options: object): { close(): void };
  kill(pid: number, signal: string): void;
  serve: Serve;
  listen: (options: ListenOptions) => unknown;
  serveHttp: (connection: unknown) => unknown;
}

export type Handler = (request: Request, info: unknown) => Response | Promise<Response>;

export interface ServeOptions {
  handler?: Handler;
  onError?: (error: unknown) => Response | Promise<Response>;
  onListen?: (address: { hostname: string; port: number }) => void;
  signal?: AbortSignal;
  path?: string;
  hostname?: string;
  port?: number;
}

/** `Deno.serve`, whose handler is an argument or an option. */
export type Serve = (first: Handler | ServeOptions, second?: Handler) => unknown;

export interface ListenOptions {
  readonly transport?: string;
  readonly hostname?: string;
  readonly port?: number;
}

export const { Deno } = globalThis as unknown as { Deno: DenoNamespace };
