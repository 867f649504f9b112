// A process that claims a data directory when it gets a line, and again when the owner ends. It prints a line for each
// outcome: "owner", or "member" with the id of the owner's process.
import { once } from 'node:events';
import { claimDataDir } from '../../../plugin/stack/ownership/claim.ts';
import type { StackRecord } from '../../../plugin/stack/ownership/record.ts';

const [, , dataDir = ''] = process.argv;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

print('ready');
await once(process.stdin, 'data');
for (;;) {
  const claim = await claimDataDir(dataDir);
  if (claim.kind === 'owner') {
    print('owner');
    claim.announce({ pid: process.pid } as StackRecord);
    break;
  }
  print(`member ${claim.record.pid}`);
  await claim.ended;
}
