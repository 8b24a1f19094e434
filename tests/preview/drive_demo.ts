/**
 * Uses the demonstration's page as a person does: presses a fault, waits, presses "off", waits.
 *
 *     node drive_demo.ts ADDRESS FOLDER
 *
 * Prints as JSON what is to be seen before, while the fault lasts and afterwards, each as a `Sight`; a picture of each
 * lies in the folder. Ends with status 1 where the page does not get there.
 */

import { join } from 'node:path';

import type { Page } from '../../viewer/node_modules/playwright-core/index.js';

import { launch } from '../../viewer/browser.ts';
import type { Viewer } from '../../viewer/src/report.ts';

interface Sight {
  /** The panels with something red that is judged: a stat, a cell of a table, the last state of a line. */
  red: string[];
  /** The panels that show an error. */
  errors: string[];
  alerts: string[];
  /** The newest first. */
  notifications: string[];
}

const WITHIN_MS = 90_000;
const [address = '', folder = ''] = process.argv.slice(2);

/** What the page shows; undefined while its dashboard is not drawn. */
function look(page: Page): Promise<Sight | undefined> {
  return page.evaluate(() => {
    const frame = document.querySelector('iframe');
    const viewer = (frame?.contentWindow as (Window & { viewer?: Viewer }) | null)?.viewer;
    if (viewer?.state !== 'drawn' || !viewer.report) {
      return undefined;
    }
    const texts = (list: string) =>
      [...document.querySelectorAll(`${list} li`)].map(({ textContent }) => textContent ?? '');
    const { panels } = viewer.report;
    const judged = panels.filter(({ type }) => type !== 'timeseries');
    return {
      red: judged.filter(({ values }) => values.some(({ color }) => color.hue === 'red')).map(({ title }) => title),
      errors: panels.filter(({ state }) => state === 'error').map(({ title }) => title),
      alerts: texts('#alerts'),
      notifications: texts('#notifications'),
    };
  });
}

const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 }, locale: 'en-US', timezoneId: 'UTC' });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(address);

  /** What is to be seen as soon as `isThere` says that it is there. */
  const sight = async (name: string, isThere: (now: Sight) => boolean): Promise<Sight> => {
    const deadline = performance.now() + WITHIN_MS;
    let now = await look(page);
    while (!now || !isThere(now)) {
      if (performance.now() > deadline) {
        throw new Error(`${name}: after ${WITHIN_MS / 1000} s there is ${JSON.stringify(now)} ${problems}`);
      }
      await page.waitForTimeout(250);
      now = await look(page);
    }
    await page.screenshot({ path: join(folder, `${name}.png`) });
    return now;
  };

  const before = await sight('before', ({ red }) => red.length === 0);
  await page.click('button[data-word="errors"]');
  const during = await sight('during', ({ red, notifications }) => red.length > 0 && notifications.length > 0);
  await page.click('button[data-word="off"]');
  const after = await sight(
    'after',
    ({ red, alerts, notifications }) =>
      red.length === 0 && alerts.length === 0 && notifications.some((text) => text.includes('RESOLVED critical')),
  );
  console.log(JSON.stringify({ before, during, after, problems }));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
