import { createClient } from '@supabase/supabase-js';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import type { PageUnderTest } from './page-under-test.ts';

/** Requests: replay, plans, and the messages of sockets. */
export function testRequests(studio: () => PageUnderTest): void {
  test('Requests replays a request with its credential and body, and asks before it changes data', async () => {
    const { page, server } = studio();
    await page.goto(`${server.url}/__supabase/requests`);
    await expect(page.getByText('Recording while this page is open.')).toBeVisible();
    const supabase = connect(server.url);
    await supabase.from('letters').insert({ text: 'twice' });
    await page.getByRole('button', { name: /201 POST \/rest\/v1\/letters/ }).click();
    const panel = page.getByRole('region', { name: 'Request', exact: true });
    await expect(panel.getByText('"text": "twice"')).toBeVisible();
    await panel.getByRole('button', { name: 'Replay' }).click();
    const dialog = page.getByRole('dialog', { name: /Send POST \/rest\/v1\/letters again/ });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await panel.getByRole('button', { name: 'Replay' }).click();
    await dialog.getByRole('button', { name: 'Send again' }).click();
    await expect(panel.getByText(/Answer: 201 after/)).toBeVisible();
    expect((await supabase.from('letters').select('text')).data).toEqual([
      { text: 'twice' },
      { text: 'twice' },
    ]);
    await page.getByRole('button', { name: /200 GET \/rest\/v1\/letters/ }).click();
    await panel.getByRole('button', { name: 'Show the plan' }).click();
    await expect(panel.getByText(/Scan on .*letters.*actual time=/)).toBeVisible();
    await panel.getByRole('button', { name: 'Replay' }).click();
    await expect(panel.getByText(/Answer: 200 after/)).toBeVisible();
    await studio().makeScreenshot('replay');
    expect(await studio().findings()).toEqual([]);
  });

  test('Requests shows the messages of a socket while it is open, by channel', async () => {
    const { page, server } = studio();
    const supabase = connect(server.url);
    const earlier = supabase.channel('earlier');
    await subscribed(earlier);
    await page.goto(`${server.url}/__supabase/requests`);
    await page.getByRole('link', { name: 'WebSocket' }).click();
    await expect(page.getByText('Recording while this page is open.')).toBeVisible();
    const room = supabase
      .channel('room', { config: { broadcast: { self: true } } })
      .on('postgres_changes', { event: '*', schema: 'public', table: 'letters' }, () => {})
      .on('broadcast', { event: 'greet' }, () => {});
    await subscribed(room);
    await room.send({ type: 'broadcast', event: 'greet', payload: { name: 'Anna', deep: [[[[1]]]] } });
    const list = page.getByRole('list', { name: 'Messages' });
    await expect(list.getByRole('button', { name: /from the client join.*room/ })).toBeVisible();
    await expect(list.getByRole('button', { name: /to the client reply ok/ }).first()).toBeVisible();
    await expect(list.getByRole('button', { name: /to the client system Subscribed to/ })).toBeVisible();
    expect(await list.getByText('earlier').count()).toBe(0);
    await supabase.from('letters').insert({ text: 'live' });
    await expect(
      list.getByRole('button', { name: /to the client postgres_changes INSERT public\.letters/ }),
    ).toBeVisible();
    const greeting = list.getByRole('button', { name: /to the client broadcast greet/ });
    await greeting.click();
    const panel = page.getByRole('region', { name: 'Message' });
    await expect(panel.getByText('"name": "Anna"')).toBeVisible();
    await studio().makeScreenshot('websocket');
    expect(await studio().findings()).toEqual([]);
    await page.getByLabel('Channel').selectOption('realtime:room');
    await page.getByRole('searchbox', { name: 'Filter messages' }).fill('insert');
    await list.getByRole('button', { name: /join/ }).waitFor({ state: 'detached' });
    expect(await list.getByRole('button').count()).toBe(1);
    await supabase.removeAllChannels();
  });
}

function connect(url: string) {
  return createClient(url, LOCAL_KEYS.publishableKey, { realtime: { transport: WebSocket as never } });
}

function subscribed(channel: ReturnType<ReturnType<typeof connect>['channel']>): Promise<void> {
  return new Promise((resolve) => {
    channel.subscribe(() => resolve());
  });
}
