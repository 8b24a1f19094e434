/** The headless browser: the one that build.ts unpacked, or the one that CHROMIUM names. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { chromium, type Browser } from 'playwright-core';

const FOLDER = join(import.meta.dirname, 'dist/browser');

const ARGUMENTS = [
  // It shows our own page only. The sandbox needs rights that neither root in a container nor many a user has.
  '--no-sandbox',
  '--no-zygote',
  '--font-render-hinting=none',
  // Nothing leaves the machine, whatever a dashboard refers to.
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** Rejects with words for what is missing. */
export async function launch(): Promise<Browser> {
  const own = process.env['CHROMIUM'];
  const executablePath = own ?? join(FOLDER, 'chromium');
  if (!existsSync(executablePath)) {
    throw new Error(`${executablePath} is not there: run \`make viewer\`, or set CHROMIUM to a browser of your own`);
  }
  const libraries = [join(FOLDER, 'al2023/lib'), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
  const env = own
    ? process.env
    : { ...process.env, FONTCONFIG_PATH: join(FOLDER, 'fonts'), LD_LIBRARY_PATH: libraries };
  return chromium.launch({ executablePath, args: ARGUMENTS, env: env as Record<string, string>, timeout: 60_000 });
}
