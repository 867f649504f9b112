import { afterAll } from 'vitest';
import { setForkOfFile, takeFork } from './fork.ts';

// For test.setupFiles: each test file has a database of its own before its modules are loaded, and `import.meta.env` of the
// app's modules names it.
const fork = await takeFork();
setForkOfFile(fork);
process.env.VITE_SUPABASE_URL = fork.url;
process.env.VITE_SUPABASE_PUBLISHABLE_KEY = fork.publishableKey;
process.env.VITE_SUPABASE_ANON_KEY = fork.anonKey;

afterAll(async () => {
  setForkOfFile(undefined);
  await fork.stop();
});
