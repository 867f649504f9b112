import type { Statement } from '../database/transaction.ts';
import { Parameters } from './parameters.ts';

/** A setting that lasts as long as the transaction. */
export type TransactionSetting = readonly [name: string, value: string];

/** `SELECT set_config(…)` for all settings, each local to the transaction. */
export function buildSettings(settings: readonly TransactionSetting[]): Statement {
  const params = new Parameters();
  const calls = settings.map(
    ([name, value]) => `set_config(${params.add(name)}, ${params.add(value)}, true)`,
  );
  return { text: `SELECT ${calls.join(', ')}`, params: params.values };
}
