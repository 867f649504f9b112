import { createInterface } from 'node:readline';
import { DATABASE_SHORTCUTS, runShortcut, type AskStack } from '../backend/shortcuts.ts';
import { logger, print } from './command.ts';
import { withProgress } from './progress.ts';

/** Lets whoever sits at the terminal of `start` type what the dev server's shortcuts do. */
export function listenForShortcuts(ask: AskStack): void {
  if (!process.stdin.isTTY || process.env.CI) return;
  const askWithProgress: AskStack = (command, args) => withProgress(command, ask(command, args));
  createInterface({ input: process.stdin }).on('line', (line) => {
    const word = line.trim().toLowerCase();
    const shortcut = DATABASE_SHORTCUTS.find(({ key }) => key === word);
    if (shortcut) void runShortcut(shortcut, askWithProgress, logger);
    else if (word === 'h')
      for (const { key, description } of DATABASE_SHORTCUTS)
        print(`  press ${key} + enter to ${description}`);
  });
  print('Press h + enter to show shortcuts.');
}
