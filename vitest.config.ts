import { defineConfig } from 'vitest/config';

// unit: pure logic. stack: a real PostgreSQL and real sockets. ourchat: the same, on forks of one stack. e2e: Vite and
// Chromium. vite-versions: the built package with the lowest and the highest version of each Vite major, installed from npm.
// upstream: what Supabase publishes today.
const project = (name: string, testTimeout: number, globalSetup: string[] = []) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: 60_000,
    globalSetup,
    // A shared machine may let a process stand still for seconds.
    retry: process.env.CI ? 1 : 0,
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', 5_000),
      project('stack', 30_000),
      project('ourchat', 30_000, ['test/helpers/ourchat-setup.ts']),
      project('e2e', 90_000),
      project('vite-versions', 90_000),
      project('upstream', 120_000),
    ],
  },
});
