import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPeer } from '../../../plugin/mcp/peer.ts';

test('without it, the error says what to install', () => {
  expect(() => loadPeer(tmpdir(), join(tmpdir(), 'index.js'))).toThrow(
    expect.objectContaining({
      code: 'MCP_MISSING',
      hint: 'npm install --save-dev @supabase/mcp-server-supabase',
    }),
  );
});
