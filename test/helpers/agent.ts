import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** An agent: the official MCP client. */
export interface Agent extends AsyncDisposable {
  readonly client: Client;
  /** The answer of a tool, parsed. @throws Error with the message of a tool that failed */
  call<T = unknown>(name: string, args?: Readonly<Record<string, unknown>>): Promise<T>;
  /** Names of the tools that are offered. */
  tools(): Promise<string[]>;
}

/** Connects to the MCP endpoint of a server by its origin. */
export function connectAgent(origin: string, query = ''): Promise<Agent> {
  const url = new URL(`/__supabase/mcp${query}`, origin);
  return wrapAgent((client) => client.connect(new StreamableHTTPClientTransport(url)));
}

export async function wrapAgent(connect: (client: Client) => Promise<void>): Promise<Agent> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await connect(client);
  return {
    client,
    async call<T>(name: string, args: Readonly<Record<string, unknown>> = {}) {
      const { content, isError } = await client.callTool({ name, arguments: { ...args } });
      const [first] = content as { type: string; text: string }[];
      const value = JSON.parse(first?.text ?? 'null') as { error?: { message: string } };
      if (isError) throw new Error(value.error?.message);
      return value as T;
    },
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
