import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { startTestEngine } from './engine-helper.ts';

test('closes while a statement without a timeout runs, and responds to its client', async () => {
  const rest = await startTestEngine(
    "create function public.forever() returns void language sql as 'select pg_sleep(600)'",
  );
  try {
    const token = await new SignJWT({ role: 'service_role' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(rest.stack.jwtSecret));
    const answer = rest.send('POST', '/rpc/forever', { authorization: `Bearer ${token}` });
    await expect.poll(() => rest.explanations.length).toBe(1);
    const started = performance.now();
    await rest.engine.close();
    expect(performance.now() - started).toBeLessThan(5000);
    expect((await answer).status).toBe(503);
  } finally {
    await rest.stop();
  }
});
