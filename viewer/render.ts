/**
 * Takes pictures of dashboards, and says panel by panel what they show.
 *
 *     node render.ts --dashboards build/production/grafana --prometheus http://127.0.0.1:9090 \
 *       --from 1704067200 --to 1704070800 --out preview
 *
 * Each dashboard becomes `<out>/<uid>.png` and `<out>/<uid>.json` (see src/report.ts). Exit status 1, with a line for
 * each, where a panel shows an error or a dashboard cannot be drawn; 2 for wrong usage.
 *
 *     node render.ts --jobs
 *
 * reads a job from each line of its standard input, as JSON with the fields of `Job`, and answers each with a line of
 * JSON: {"pictures": [{"uid", "picture", "report", "seconds"}], "problems": ["..."]}. One browser draws them all.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import type { Browser, Page } from 'playwright-core';

import { launch } from './browser.ts';
import { readDashboards, serve } from './serve.ts';
import type { Report } from './src/report.ts';

export interface Job {
  /** Files and folders of dashboards. */
  dashboards: string[];
  prometheus?: string;
  /** Seconds since 1970. */
  from: number;
  to: number;
  out: string;
  variables?: Record<string, string[]>;
  theme?: string;
  /** The folder with rows for the panels that ask Azure. */
  rows?: string;
  firstScreen?: boolean;
  /** Open the rows that the dashboards keep closed. */
  expand?: boolean;
  /** Of the screen, in pixels. */
  width?: number;
  height?: number;
  /** The uids to draw; all if it is left out. The others are known to links all the same. */
  only?: string[];
}

interface Picture {
  uid: string;
  picture: string;
  report: string;
  seconds: number;
}

export interface Result {
  pictures: Picture[];
  problems: string[];
}

const SCREEN = { width: 1600, height: 900 };
const DRAWN_WITHIN_MS = 60_000;

async function render(browser: Browser, job: Job): Promise<Result> {
  const dashboards = await readDashboards(job.dashboards);
  const { server, address } = await serve({
    dashboards,
    prometheus: job.prometheus?.replace(/\/$/, ''),
    rows: job.rows,
  });
  const result: Result = { pictures: [], problems: [] };
  try {
    await mkdir(job.out, { recursive: true });
    const uids = job.only ?? [...dashboards.keys()];
    for (const uid of uids) {
      if (!dashboards.has(uid)) {
        throw new Error(`there is no dashboard ${uid}; there are ${[...dashboards.keys()].join(', ')}`);
      }
      const { picture, problems } = await draw(browser, address, uid, job);
      result.pictures.push(picture);
      result.problems.push(...problems);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return result;
}

async function draw(
  browser: Browser,
  address: string,
  uid: string,
  job: Job,
): Promise<{ picture: Picture; problems: string[] }> {
  const started = performance.now();
  const screen = { width: job.width ?? SCREEN.width, height: job.height ?? SCREEN.height };
  const context = await browser.newContext({
    viewport: screen,
    timezoneId: 'UTC',
    locale: 'en-US',
    reducedMotion: 'reduce',
  });
  try {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(`${uid}: ${error.message}`));
    await page.goto(address + pathOf(uid, job));
    const report = await drawn(page, uid, screen, job, problems);
    const [picture, file] = [join(job.out, `${uid}.png`), join(job.out, `${uid}.json`)];
    await page.mouse.move(0, 0); // so that nothing is hovered
    await page.screenshot({ path: picture });
    await writeFile(file, `${JSON.stringify(report, null, 1)}\n`);
    problems.push(...report.problems.map((problem) => `${uid}: ${problem}`));
    for (const { title, id, state, message } of report.panels) {
      if (state === 'error') {
        problems.push(`${uid}: panel ${JSON.stringify(title)} (${id}): ${message}`);
      }
    }
    return { picture: { uid, picture, report: file, seconds: (performance.now() - started) / 1000 }, problems };
  } finally {
    await context.close();
  }
}

/** What the page has drawn, when there is nothing left to wait for. */
async function drawn(
  page: Page,
  uid: string,
  screen: { width: number; height: number },
  job: Job,
  problems: string[],
): Promise<Report> {
  const within = { timeout: DRAWN_WITHIN_MS };
  try {
    if (!job.firstScreen) {
      // The whole page has to lie on the screen: a table does not draw what is scrolled out of sight.
      await page.waitForFunction(
        () => window.viewer?.height > 0 || window.viewer?.state === 'drawn',
        undefined,
        within,
      );
      const height = await page.evaluate(() => window.viewer.height);
      await page.setViewportSize({ width: screen.width, height: Math.max(screen.height, height) });
    }
    await page.waitForFunction(() => window.viewer?.state === 'drawn', undefined, within);
  } catch (error) {
    throw new Error([`${uid} was not drawn: ${words(error)}`, ...problems].join('\n'));
  }
  await page.waitForLoadState('networkidle'); // icons
  return (await page.evaluate(() => window.viewer.report)) as Report;
}

function pathOf(uid: string, { from, to, variables = {}, theme = 'dark', firstScreen, expand }: Job): string {
  const query = new URLSearchParams({
    from: String(Math.round(from * 1000)),
    to: String(Math.round(to * 1000)),
    theme,
    timezone: 'utc',
  });
  for (const [name, values] of Object.entries(variables)) {
    for (const value of values) {
      query.append(`var-${name}`, value);
    }
  }
  if (firstScreen) {
    query.set('firstScreen', '');
  }
  if (expand) {
    query.set('expand', '');
  }
  return `/d/${uid}?${query}`;
}

async function jobs(): Promise<number> {
  const browser = await launch();
  try {
    for await (const line of createInterface({ input: process.stdin })) {
      let answer: Result;
      try {
        answer = await render(browser, JSON.parse(line) as Job);
      } catch (error) {
        answer = { pictures: [], problems: [words(error)] };
      }
      process.stdout.write(`${JSON.stringify(answer)}\n`);
    }
  } finally {
    await browser.close();
  }
  return 0;
}

async function once(job: Job): Promise<number> {
  const browser = await launch();
  try {
    const { pictures, problems } = await render(browser, job);
    for (const { picture, seconds } of pictures) {
      console.log(`${picture}  ${seconds.toFixed(1)} s`);
    }
    for (const problem of problems) {
      console.error(problem);
    }
    return problems.length > 0 ? 1 : 0;
  } finally {
    await browser.close();
  }
}

function jobOf(values: ReturnType<typeof read>): Job {
  const { dashboards, from, to, out } = values;
  if (!dashboards || !from || !to || !out || !Number.isFinite(Number(from)) || !Number.isFinite(Number(to))) {
    throw new TypeError('--dashboards, --out, and --from and --to in seconds since 1970 are needed');
  }
  const variables: Record<string, string[]> = {};
  for (const setting of values.var ?? []) {
    const [name = '', value] = setting.split(/=(.*)/s);
    if (value === undefined) {
      throw new TypeError(`--var ${setting} is not NAME=VALUE`);
    }
    (variables[name] ??= []).push(value);
  }
  return {
    dashboards,
    out,
    from: Number(from),
    to: Number(to),
    variables,
    theme: values.theme,
    firstScreen: values['first-screen'],
    expand: values.expand,
    ...(values.prometheus ? { prometheus: values.prometheus } : {}),
    ...(values.rows ? { rows: values.rows } : {}),
    ...(values.width ? { width: Number(values.width) } : {}),
    ...(values.height ? { height: Number(values.height) } : {}),
    ...(values.only ? { only: values.only } : {}),
  };
}

function read() {
  return parseArgs({
    options: {
      jobs: { type: 'boolean', default: false },
      dashboards: { type: 'string', multiple: true },
      prometheus: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      out: { type: 'string' },
      var: { type: 'string', multiple: true },
      theme: { type: 'string', default: 'dark' },
      rows: { type: 'string' },
      'first-screen': { type: 'boolean', default: false },
      expand: { type: 'boolean', default: false },
      width: { type: 'string' },
      height: { type: 'string' },
      only: { type: 'string', multiple: true },
    },
  }).values;
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<number> {
  let job: Job | undefined;
  try {
    const values = read();
    job = values.jobs ? undefined : jobOf(values);
  } catch (error) {
    console.error(words(error));
    return 2;
  }
  try {
    return await (job ? once(job) : jobs());
  } catch (error) {
    console.error(words(error));
    return 1;
  }
}

process.exitCode = await main();
