import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { LOG_FILE } from './launch.ts';

const MAX_BYTES = 64 * 1024;

/** The end of PostgreSQL's log, whole lines only; empty when there is none. */
export async function readServerLog(dataDir: string): Promise<string[]> {
  const file = await open(join(dataDir, LOG_FILE)).catch(() => undefined);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - MAX_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return (start === 0 ? lines : lines.slice(1)).filter((line) => line !== '');
  } finally {
    await file.close();
  }
}
