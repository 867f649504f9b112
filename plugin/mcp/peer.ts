import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Node from '@modelcontextprotocol/node';
import type * as Sdk from '@modelcontextprotocol/server';
import type * as Stdio from '@modelcontextprotocol/server/stdio';
import type * as Supabase from '@supabase/mcp-server-supabase';
import { hasErrorCode, SupabaseDevError } from '../shared/errors.ts';

const NAME = '@supabase/mcp-server-supabase';

/** The official server, and the parts of the MCP SDK that it runs on. */
export interface McpPeer {
  readonly supabase: typeof Supabase;
  readonly sdk: typeof Sdk;
  readonly stdio: typeof Stdio;
  readonly node: typeof Node;
}

/**
 * Loads the optional peer from the project, or from where this package is. Its own SDK is used: two copies would not know
 * each other's servers.
 *
 * @param self a file of this package
 * @throws SupabaseDevError MCP_MISSING
 */
export function loadPeer(root: string, self: string = import.meta.url): McpPeer {
  const require = findPeer([join(root, 'package.json'), self]);
  return {
    supabase: require(NAME) as McpPeer['supabase'],
    sdk: require('@modelcontextprotocol/server') as McpPeer['sdk'],
    stdio: require('@modelcontextprotocol/server/stdio') as McpPeer['stdio'],
    node: require('@modelcontextprotocol/node') as McpPeer['node'],
  };
}

/** A `require` that finds what the official server finds. */
function findPeer(places: readonly string[]): NodeJS.Require {
  for (const place of places) {
    try {
      return createRequire(createRequire(place).resolve(NAME));
    } catch (error) {
      if (!hasErrorCode(error, 'MODULE_NOT_FOUND')) throw error;
    }
  }
  throw new SupabaseDevError('MCP_MISSING', `The npm package ${NAME} is not installed`, {
    hint: `npm install --save-dev ${NAME}`,
  });
}
