import { createClient } from '@supabase/supabase-js';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import type { PageUnderTest } from './page-under-test.ts';

/** The pages that only some stacks have, and the logs. */
export function testJobs(studio: () => PageUnderTest): void {
  test('Cron has jobs with their schedule in words, runs them now and pauses them', async () => {
    const { page, server } = studio();
    await page.goto(`${server.url}/__supabase/`);
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Cron' }).click();
    const job = page.getByRole('region', { name: 'nightly' });
    await expect(job.getByText(/At 03:30 AM, Monday through Friday/)).toBeVisible();
    await job.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click();
    await expect(job.getByText('succeeded')).toBeVisible();
    await job.getByRole('button', { name: 'Pause' }).click();
    await expect(job.getByText('paused')).toBeVisible();
    await job.getByRole('button', { name: 'Resume' }).click();
    await job.getByText('paused').waitFor({ state: 'detached' });
    await studio().makeScreenshot('cron');
    expect(await studio().findings()).toEqual([]);
  });

  test('Queues sends, shows, archives and deletes messages', async () => {
    const { page, server } = studio();
    await page.goto(`${server.url}/__supabase/queues`);
    await page.getByRole('link', { name: /tasks/ }).click();
    const form = page.getByRole('form', { name: 'Send a message' });
    for (const message of ['{"task": "one"}', '{"task": "two"}']) {
      await form.getByRole('textbox', { name: 'Message (JSON)' }).fill(message);
      await form.getByRole('button', { name: 'Send' }).click();
      await expect(
        page.getByRole('list', { name: 'Messages' }).getByText(message.slice(1, -1)),
      ).toBeVisible();
    }
    await studio().makeScreenshot('queues');
    expect(await studio().findings()).toEqual([]);
    await page.getByRole('button', { name: 'Archive message 1' }).click();
    await page.getByText('"task": "one"').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByText('No message waits.')).toBeVisible();
    await page.getByRole('checkbox', { name: 'Archive' }).check();
    await expect(page.getByText('"task": "one"')).toBeVisible();
  });

  test('Webhooks shows what a trigger sent, and that nobody answered', async () => {
    const { page, server } = studio();
    const supabase = createClient(server.url, LOCAL_KEYS.publishableKey, {
      realtime: { transport: WebSocket as never },
    });
    await supabase.from('pets').update({ name: 'Tom' }).eq('id', 1);
    await page.goto(`${server.url}/__supabase/webhooks`);
    const answers = page.getByRole('list', { name: 'Answers' });
    await expect(answers.getByText(/tell about pets on public\.pets/)).toBeVisible();
    await expect(answers.getByText(/Couldn't connect to server/)).toBeVisible();
    await expect(page.getByText('POST http://127.0.0.1:4/hook')).toBeVisible();
    await studio().makeScreenshot('webhooks');
    expect(await studio().findings()).toEqual([]);
  });

  test('Functions calls a function, and shows its answer, call and output', async () => {
    const { page, server } = studio();
    await page.goto(`${server.url}/__supabase/functions`);
    await page.getByRole('link', { name: /hello/ }).click();
    await page.getByRole('textbox', { name: 'Body' }).fill('{"name": "Studio"}');
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await expect(page.getByText('"hello": "Studio"')).toBeVisible();
    await expect(
      page.getByRole('region', { name: 'Output of hello' }).getByText(/asked for Studio/),
    ).toBeVisible();
    await expect(page.getByRole('list', { name: 'Calls' }).getByText('200')).toBeVisible();
    await studio().makeScreenshot('functions');
    expect(await studio().findings()).toEqual([]);
  });

  test('Logs has lines of PostgreSQL, functions and requests, by service and text', async () => {
    const { page, server } = studio();
    await page.goto(`${server.url}/__supabase/logs`);
    const log = page.getByRole('region', { name: 'Log' });
    await expect(
      log.getByText(/ERROR: .*invalid input syntax for type integer: "ten"/).first(),
    ).toBeVisible();
    await expect(log.getByText(/asked for Studio/).first()).toBeVisible();
    await studio().makeScreenshot('logs');
    expect(await studio().findings()).toEqual([]);
    await page.getByRole('combobox', { name: 'Service' }).selectOption('requests');
    await page.getByRole('searchbox', { name: 'Filter lines' }).fill('no-such-table');
    await fetch(`${server.url}/rest/v1/no-such-table`, { headers: { apikey: LOCAL_KEYS.publishableKey } });
    await expect(log.getByText(/GET \/rest\/v1\/no-such-table 404/)).toBeVisible();
    expect(await log.getByText(/ERROR/).count()).toBe(0);
  });
}
