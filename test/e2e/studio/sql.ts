import { expect, test } from 'vitest';
import { ask } from '../../helpers/gateway/support.ts';
import '../../helpers/to-be-visible.ts';
import type { PageUnderTest } from './page-under-test.ts';

/** The page SQL. The project has `notes`, which nobody but postgres may read, and a user with rows in `diary`. */
export function testSql(studio: () => PageUnderTest): void {
  const write = async (sql: string): Promise<void> => {
    const { page } = studio();
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.insertText(sql);
  };

  test('SQL runs statements as one transaction, with a result for each', async () => {
    const { page, server, makeScreenshot } = studio();
    await page.goto(`${server.url}/__supabase/sql`);
    await write(`create table fruit (id int primary key, name text);
insert into fruit select n, 'fruit ' || n from generate_series(1, 1500) n;
do $$ begin raise notice 'counted; %', (select count(*) from fruit); end $$;
update fruit set name = 'apple' where id < 3;
select id, name, id from fruit order by id;`);
    await page.keyboard.press('ControlOrMeta+Enter');
    await expect(page.getByText(/5 statements ran in/)).toBeVisible();
    await expect(page.getByText('1500 rows inserted')).toBeVisible();
    await expect(page.getByText('2 rows updated')).toBeVisible();
    await expect(page.getByText('NOTICE: counted; 1500')).toBeVisible();
    const grid = page.getByRole('region', { name: 'Result 5' });
    await expect(grid.getByRole('columnheader', { name: 'id (2)' })).toBeVisible();
    await expect(grid.getByRole('cell', { name: 'fruit 1000', exact: true })).toBeVisible();
    expect(await grid.getByRole('cell', { name: 'fruit 1001', exact: true }).count()).toBe(0);
    await expect(page.getByText('The first 1,000 rows; there are more.')).toBeVisible();
    await makeScreenshot('sql');
  });

  test('SQL runs as a user, and says why something is refused', async () => {
    const { page, findings, makeScreenshot } = studio();
    await page.getByLabel('Run as').selectOption({ label: 'anna@example.com' });
    await write('select auth.email() as me, text from diary');
    await page.getByRole('button', { name: /^Run/ }).click();
    await expect(page.getByRole('cell', { name: 'of Anna' })).toBeVisible();
    await expect(page.getByRole('cell', { name: 'anna@example.com' })).toBeVisible();
    expect(await page.getByRole('cell', { name: 'of nobody' }).count()).toBe(0);
    await write('select body from notes');
    await page.getByRole('button', { name: /^Run/ }).click();
    await expect(page.getByText('No rows: body.')).toBeVisible();
    await expect(page.getByText(/no policy allows select to authenticated/)).toBeVisible();
    await write(`select 'ä🙂';\ninsert into diary (id, text)\nvalues (9, 'hers')`);
    await page.getByRole('button', { name: /^Run/ }).click();
    const failure = page.getByRole('alert');
    await expect(failure.getByText(/new row violates row-level security policy/)).toBeVisible();
    await expect(failure.getByText(/no policy allows insert to authenticated/)).toBeVisible();
    await expect(failure.getByText('line 2, column 1')).toBeVisible();
    await page.getByLabel('Run as').selectOption('postgres');
    await write(`insert into fruit values (2000, 'lost');\nselect '🙂', nam from fruit`);
    await page.getByRole('button', { name: /^Run/ }).click();
    await expect(failure.getByText('line 2, column 14')).toBeVisible();
    await expect(page.locator('.cm-lintRange-error', { hasText: 'nam' })).toBeVisible();
    await makeScreenshot('sql-failure');
    expect(await findings()).toEqual([]);
    await write('select count(*) as lost from fruit where id = 2000');
    await page.getByRole('button', { name: /^Run/ }).click();
    await expect(page.getByRole('cell', { name: '0', exact: true })).toBeVisible();
  });

  test('SQL draws the plan of a statement, which it undoes', async () => {
    const { page, findings, makeScreenshot } = studio();
    await write(`delete from fruit where name = (select max(name) from fruit f where f.id > 3)`);
    await page.getByRole('button', { name: 'Explain' }).click();
    await expect(page.getByText(/1 statement explained in .*, and undone/)).toBeVisible();
    const plan = page.getByRole('list', { name: 'Plan' });
    await expect(plan.getByText('Seq Scan').first()).toBeVisible();
    await expect(plan.getByText('Filter: (id > 3)')).toBeVisible();
    await expect(plan.getByText(/1,497 rows, .* rows estimated · cost/)).toBeVisible();
    expect(await plan.getByText('slowest').count()).toBe(1);
    await makeScreenshot('sql-plan');
    expect(await findings()).toEqual([]);
    await write('select count(*) as kept from fruit');
    await page.keyboard.press('ControlOrMeta+Enter');
    await expect(page.getByRole('cell', { name: '1500' })).toBeVisible();
  });

  test('SQL cancels a running statement, on the server too', async () => {
    const { page, server } = studio();
    const sql = `select 'sleeping ' || count(*) from pg_stat_activity
      where state = 'active' and query = 'select pg_sleep(1000)'`;
    const headers = { origin: server.url, 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify({ sql }) };
    const sleeping = async () =>
      /sleeping \d+/.exec((await ask(server.url, '/__supabase/api/sql', request)).body)?.[0];
    await write('select pg_sleep(1000)');
    await page.keyboard.press('ControlOrMeta+Enter');
    await expect.poll(sleeping, { timeout: 20_000 }).toBe('sleeping 1');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByText('Cancelled.')).toBeVisible();
    await expect.poll(sleeping, { timeout: 20_000 }).toBe('sleeping 0');
  });

  test('SQL completes names, keeps a history, and never runs what a link brings', async () => {
    const { page, server } = studio();
    await write('select * from fru');
    await page.keyboard.press('Control+Space');
    await page.getByRole('option', { name: 'fruit' }).click();
    await page.getByRole('button', { name: 'Copy link to this SQL' }).click();
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(link).toBe(`${server.url}/__supabase/sql#sql=${encodeURIComponent('select * from fruit')}`);
    const hostile = encodeURIComponent('drop table fruit; select 1 as done');
    for (const address of [`?sql=${hostile}`, `#sql=${hostile}`]) {
      await page.goto(`${server.url}/__supabase/?then`);
      await page.goto(`${server.url}/__supabase/sql${address}`);
      await expect(page.getByText('This SQL came with a link.', { exact: false })).toBeVisible();
      await expect(page.getByRole('textbox', { name: 'SQL' }).getByText('drop table fruit')).toBeVisible();
    }
    await page.getByRole('button', { name: /select count\(\*\) as kept from fruit/ }).click();
    await page.keyboard.press('ControlOrMeta+Enter');
    await expect(page.getByRole('cell', { name: '1500' })).toBeVisible();
  });
}
