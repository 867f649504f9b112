import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogTail } from '../../../plugin/commands/log-tail.ts';
import { makeProject } from '../../helpers/project.ts';

test('a log is read from its last lines on, whole lines only, also when it was replaced', async () => {
  await using project = await makeProject();
  const file = join(project.root, 'a.log');
  const tail = new LogTail(file);
  expect(await tail.read()).toEqual([]);
  await writeFile(file, 'a\nb\nhal');
  expect(await tail.read()).toEqual(['a', 'b']);
  await appendFile(file, 'f\n');
  expect(await tail.read()).toEqual(['half']);
  expect(await tail.read()).toEqual([]);
  await writeFile(file, 'x\n');
  expect(await tail.read()).toEqual(['x']);
  await appendFile(file, 'new\n');
  expect(await tail.read()).toEqual(['new']);
  await writeFile(file, `${'0123456789\n'.repeat(20_000)}end\n`);
  const last = await new LogTail(file).read();
  expect(last.at(-1)).toBe('end');
  expect(last.slice(0, -1).every((line) => line === '0123456789')).toBe(true);
});
