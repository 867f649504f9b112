import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const CANDIDATES: readonly string[] = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/** Path of a Chromium or Chrome: the variable CHROME_PATH, else one of the usual paths. */
export function findChromium(): string | undefined {
  const { CHROME_PATH } = process.env;
  return CHROME_PATH === undefined || CHROME_PATH === ''
    ? CANDIDATES.find((path) => existsSync(path))
    : CHROME_PATH;
}

/**
 * Whether tests that need a browser must be skipped: none is installed and this is not CI, where that is a failure.
 * Prints a note with the remedy.
 */
export function skipsBrowserTests(): boolean {
  if (findChromium() !== undefined) return false;
  const howTo =
    'Install Chromium ("apt-get install chromium", "brew install --cask chromium") or set CHROME_PATH to a Chrome.';
  if (process.env['CI']) throw new Error(`The end-to-end tests need Chromium. ${howTo}`);
  process.stderr.write(`\nEnd-to-end tests in the browser are skipped: no Chromium was found. ${howTo}\n\n`);
  return true;
}

/**
 * A headless browser without background traffic.
 *
 * @param args more arguments, such as rules for resolving names
 */
export async function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: [
      '--headless=new',
      // Root, and many containers, cannot use the sandbox.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });
}
