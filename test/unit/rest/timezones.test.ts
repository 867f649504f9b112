import { expect, test } from 'vitest';
import { Timezones } from '../../../plugin/stack/rest/database/timezones.ts';

test('reads the names once, and again after a failure', async () => {
  let runs = 0;
  const timezones = new Timezones({
    async run() {
      runs += 1;
      if (runs === 1) throw new Error('the server is restarting');
      return [{ rows: [['America/Lima']], types: [25] }];
    },
  });
  await expect(timezones.has('America/Lima')).rejects.toThrow('restarting');
  expect(await timezones.has('America/Lima')).toBe(true);
  expect(await timezones.has('Nowhere')).toBe(false);
  expect(runs).toBe(2);
});
