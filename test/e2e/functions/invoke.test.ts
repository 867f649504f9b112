import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, skipsBrowserTests } from '../../helpers/chromium.ts';
import { startDevServer, type DevServer } from '../../helpers/dev-server.ts';
import type { TestProject } from '../../helpers/project.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';

// supabase.functions.invoke from a page, with the plugin as a user has it.

describe.skipIf(skipsBrowserTests())('a page', () => {
  let project: TestProject;
  let server: DevServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    project = await makeViteProject({
      'main.js': `import { createClient } from '@supabase/supabase-js';
        const { VITE_SUPABASE_URL, VITE_SUPABASE_PUBLISHABLE_KEY } = import.meta.env;
        window.supabase = createClient(VITE_SUPABASE_URL, VITE_SUPABASE_PUBLISHABLE_KEY);`,
      'supabase/functions/hello/index.ts': `Deno.serve(async (req) => {
        const { name } = await req.json();
        const claims = JSON.parse(atob(req.headers.get('authorization')!.split('.')[1]));
        return Response.json({ message: 'Hello ' + name, role: claims.role });
      });`,
      'supabase/functions/events/index.ts': `Deno.serve(() => new Response('data: one\\n\\ndata: two\\n\\n', {
        headers: { 'content-type': 'text/event-stream' },
      }));`,
      'supabase/functions/bytes/index.ts': `Deno.serve(async (req) => new Response(await req.arrayBuffer(), {
        headers: { 'content-type': 'application/octet-stream' },
      }));`,
      'supabase/functions/sad/index.ts': `Deno.serve(() => Response.json({ why: 'sad' }, { status: 422 }));`,
    });
    server = await startDevServer(project.root);
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction(`'supabase' in window`);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.kill('SIGTERM');
    await project?.remove();
  });

  /** What a program in the page returns; it sees `supabase`. */
  const run = (program: string): Promise<unknown> => page.evaluate(`(async () => { ${program} })()`);

  test('invokes a function on its own origin as a visitor, then as the user', async () => {
    const hello = `(await supabase.functions.invoke('hello', { body: { name: 'Ada' } })).data`;
    expect(await run(`return ${hello}`)).toEqual({ message: 'Hello Ada', role: 'anon' });
    await run(`const { error } = await supabase.auth.signUp({ email: 'a@example.com', password: 'correct-horse' });
      if (error) throw error;`);
    expect(await run(`return ${hello}`)).toEqual({ message: 'Hello Ada', role: 'authenticated' });
  });

  test('receives events, binary data and the errors of functions', async () => {
    expect(
      await run(`const { data } = await supabase.functions.invoke('events'); return await data.text()`),
    ).toBe('data: one\n\ndata: two\n\n');
    const bytes = `const { data } = await supabase.functions.invoke('bytes', { body: new Uint8Array([0, 255, 7]).buffer });
      return [...new Uint8Array(await data.arrayBuffer())]`;
    expect(await run(bytes)).toEqual([0, 255, 7]);
    const sad = `const { error } = await supabase.functions.invoke('sad'); return [error.name, await error.context.json()]`;
    expect(await run(sad)).toEqual(['FunctionsHttpError', { why: 'sad' }]);
    const nope = `const { error } = await supabase.functions.invoke('nope'); return [error.name, error.context.status]`;
    expect(await run(nope)).toEqual(['FunctionsHttpError', 404]);
  });
});
