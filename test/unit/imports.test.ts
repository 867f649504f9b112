import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What the rooms of the stack share. */
const GROUND = [
  'plugin/shared',
  'plugin/stack/http',
  'plugin/stack/config',
  'plugin/stack/postgres',
  'plugin/stack',
];

/** The folders of OurChat: each may import the ones behind it. */
const APP = [
  'app',
  'shell',
  'families',
  'settings',
  'notifications',
  'search',
  'messages',
  'link-preview',
  'live',
  'images',
  'files',
  'auth',
  'model',
  'offline',
  'shared',
].map((name) => (name === 'app' ? name : `app/${name}`));

/**
 * Which room may import which (docs/architecture.md), types included. A file belongs to the longest entry that its path
 * begins with, and may always import its own room.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'plugin/shared': [],
  'plugin/gateway': ['plugin/shared'],
  'plugin/stack/http': ['plugin/shared'],
  'plugin/stack/config': ['plugin/shared'],
  'plugin/stack/postgres': ['plugin/shared', 'plugin/stack/config'],
  'plugin/stack': ['plugin/shared', 'plugin/stack/config', 'plugin/stack/postgres'],
  'plugin/stack/rest': GROUND,
  'plugin/stack/auth': GROUND,
  'plugin/stack/realtime': GROUND,
  'plugin/stack/storage': GROUND,
  'plugin/stack/mail': GROUND,
  'plugin/stack/database-jobs': GROUND,
  'plugin/stack/functions': GROUND,
  'plugin/stack/services.ts': [
    ...GROUND,
    'plugin/stack/database-jobs',
    'plugin/stack/rest',
    'plugin/stack/auth',
    'plugin/stack/realtime',
    'plugin/stack/storage',
    'plugin/stack/mail',
    'plugin/stack/functions',
  ],
  'plugin/backend': [
    'plugin/shared',
    'plugin/options.ts',
    'plugin/explain',
    'plugin/gateway',
    'plugin/stack',
    'plugin/stack/services.ts',
    'plugin/stack/rest',
    'plugin/stack/functions',
    'plugin/stack/config',
    'plugin/stack/postgres',
  ],
  'plugin/options.ts': ['plugin/shared', 'plugin/stack/config'],
  'plugin/explain': ['plugin/shared', 'plugin/stack/config'],
  'plugin/studio': [
    'plugin/shared',
    'plugin/explain',
    'plugin/backend',
    'plugin/gateway',
    'plugin/stack/http',
    'plugin/stack/postgres',
    'plugin/stack/database-jobs',
    'plugin/stack/config',
    'plugin/stack/functions',
  ],
  'plugin/mcp': [
    'plugin/shared',
    'plugin/database-types',
    'plugin/explain',
    'plugin/studio',
    'plugin/backend',
    'plugin/gateway',
    'plugin/open-stack.ts',
    'plugin/stack',
    'plugin/stack/config',
    'plugin/stack/postgres',
    'plugin/stack/functions',
    'plugin/stack/storage',
  ],
  'plugin/vite': [
    'plugin/shared',
    'plugin/options.ts',
    'plugin/gateway',
    'plugin/backend',
    'plugin/database-types',
    'plugin/explain',
    'plugin/studio',
    'plugin/mcp',
    'plugin/stack',
    'plugin/stack/config',
  ],
  'plugin/stack-options.ts': ['plugin/shared', 'plugin/stack/config'],
  'plugin/open-stack.ts': [
    'plugin/shared',
    'plugin/stack-options.ts',
    'plugin/backend',
    'plugin/stack',
    'plugin/stack/config',
    'plugin/stack/postgres',
  ],
  'plugin/start-stack.ts': [
    'plugin/shared',
    'plugin/stack-options.ts',
    'plugin/open-stack.ts',
    'plugin/backend',
    'plugin/explain',
    'plugin/stack/config',
  ],
  'plugin/testing': ['plugin/shared', 'plugin/start-stack.ts'],
  'plugin/vitest': [
    'plugin/shared',
    'plugin/stack-options.ts',
    'plugin/open-stack.ts',
    'plugin/start-stack.ts',
    'plugin/stack',
    'plugin/testing',
  ],
  'plugin/playwright': ['plugin/shared', 'plugin/start-stack.ts', 'plugin/stack', 'plugin/testing'],
  'plugin/index.ts': ['plugin/shared', 'plugin/options.ts', 'plugin/vite'],
  'plugin/database-tests': [
    'plugin/shared',
    'plugin/start-stack.ts',
    'plugin/stack',
    'plugin/stack/postgres',
  ],
  'plugin/database-types': ['plugin/shared', 'plugin/stack/postgres'],
  'plugin/commands': [
    'plugin/shared',
    'plugin/open-stack.ts',
    'plugin/start-stack.ts',
    'plugin/stack-options.ts',
    'plugin/explain',
    'plugin/database-types',
    'plugin/database-tests',
    'plugin/doctor',
    'plugin/mcp',
    'plugin/backend',
    'plugin/stack',
    'plugin/stack/config',
    'plugin/stack/postgres',
    'plugin/stack/functions',
  ],
  'plugin/cli.ts': ['plugin/shared', 'plugin/commands'],
  'plugin/doctor': [
    'plugin/shared',
    'plugin/explain',
    'plugin/backend',
    'plugin/gateway',
    'plugin/stack',
    'plugin/stack/config',
    'plugin/stack/postgres',
  ],
  ...Object.fromEntries(APP.map((folder, index) => [folder, APP.slice(index + 1)])),
};

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Every relative import below `folder`, as paths from the repository's root. */
async function importsBelow(folder: string): Promise<Import[]> {
  const names = await readdir(join(ROOT, folder), { recursive: true });
  const files = names
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')));
  const imports = await Promise.all(
    files.map(async (from) => {
      const source = await readFile(join(ROOT, from), 'utf8');
      const specifiers = [...source.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.{1,2}\/[^']+\.tsx?)'/g)];
      return specifiers.map(([, specifier = '']) => ({ from, to: posix.join(dirname(from), specifier) }));
    }),
  );
  return imports.flat();
}

function roomOf(file: string): string {
  const rooms = Object.keys(ROOMS).filter((room) => file === room || file.startsWith(`${room}/`));
  return rooms.reduce((longest, room) => (room.length > longest.length ? room : longest), '');
}

/** Folders that import each other, directly or through others, as chains of folder names. */
function folderCircles(imports: readonly Import[]): string[][] {
  const edges = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    const [a, b] = [dirname(from), dirname(to)];
    // A folder and the folders inside it count as one: the file that composes them is beside them.
    if (a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)) continue;
    edges.set(a, (edges.get(a) ?? new Set()).add(b));
  }
  const circles: string[][] = [];
  const done = new Set<string>();
  const walk = (folder: string, path: readonly string[]): void => {
    const seenAt = path.indexOf(folder);
    if (seenAt >= 0) circles.push([...path.slice(seenAt), folder]);
    if (seenAt >= 0 || done.has(folder)) return;
    for (const next of edges.get(folder) ?? []) walk(next, [...path, folder]);
    done.add(folder);
  };
  for (const folder of edges.keys()) walk(folder, []);
  return circles;
}

describe('imports', async () => {
  const imports = [...(await importsBelow('plugin')), ...(await importsBelow('app'))];

  test('go only from a room to the rooms below it', () => {
    const forbidden = imports.filter(({ from, to }) => {
      const [room, target] = [roomOf(from), roomOf(to)];
      return room !== target && !ROOMS[room]?.includes(target);
    });
    expect(imports.length).toBeGreaterThan(1000);
    expect(forbidden.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('form no circle of folders', () => {
    expect(folderCircles(imports).map((circle) => circle.join(' → '))).toEqual([]);
  });
});
