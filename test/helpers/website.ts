import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A website on loopback. */
export interface Website {
  /** Host and port. */
  readonly host: string;
  readonly port: number;
  /** The paths that were asked for. */
  readonly hits: string[];
  close(): void;
}

export async function startWebsite(answer: RequestListener): Promise<Website> {
  const hits: string[] = [];
  const server = createServer((req, res) => {
    hits.push(req.url ?? '');
    answer(req, res);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { host: `127.0.0.1:${port}`, port, hits, close };
}

export interface NameServer {
  /** Address and port. */
  readonly address: string;
  /** The names that were asked for. */
  readonly asked: Set<string>;
  close(): void;
}

/**
 * A name server on loopback.
 *
 * @param names addresses by name; IPv4 in dotted form, IPv6 as eight groups
 */
export async function startNameServer(
  names: Readonly<Record<string, readonly string[]>>,
): Promise<NameServer> {
  const asked = new Set<string>();
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const end = query.indexOf(0, 12) + 5;
    const question = query.subarray(12, end);
    const labels: string[] = [];
    for (let at = 0; question[at]; at += 1 + (question[at] ?? 0))
      labels.push(question.toString('latin1', at + 1, at + 1 + (question[at] ?? 0)));
    const isV6 = query.readUInt16BE(end - 4) === 28;
    const name = labels.join('.').toLowerCase();
    asked.add(name);
    const found = names[name] ?? [];
    const records = found
      .filter((address) => address.includes(':') === isV6)
      .map((address) => {
        const bytes = isV6
          ? Buffer.from(
              address.split(':').flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]),
            )
          : Buffer.from(address.split('.').map(Number));
        // A pointer to the name, type, class, 0 seconds, length.
        const head = Buffer.from([0xc0, 12, 0, isV6 ? 28 : 1, 0, 1, 0, 0, 0, 0, 0, bytes.length]);
        return Buffer.concat([head, bytes]);
      });
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    socket.send(Buffer.concat([header, question, ...records]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { asked, address: `127.0.0.1:${socket.address().port}`, close: () => void socket.close() };
}
