/** The page, the dashboards and a Prometheus behind one address of the loopback: what the page in `src/` asks of it. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';

import type { Dashboard } from './src/model.ts';

const DIST = join(import.meta.dirname, 'dist');
const LOOPBACK = '127.0.0.1';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export interface Served {
  /** JSON by uid. */
  dashboards: ReadonlyMap<string, Dashboard>;
  /** The address of a Prometheus, without a slash at its end; undefined for dashboards that ask none. */
  prometheus: string | undefined;
  /** The folder with `<uid>.json` of rows, see src/rows.ts. */
  rows: string | undefined;
}

/** Serves until the server is closed; gives the server and its address. */
export async function serve(served: Served): Promise<{ server: Server; address: string }> {
  const server = createServer((asked, answer) => {
    respond(served, asked, answer).catch((error: unknown) => send(answer, 500, 'text/plain', String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return { server, address: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}` };
}

async function respond(served: Served, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  if (!asked.headers.host?.startsWith(`${LOOPBACK}:`)) {
    send(answer, 403, 'text/plain', 'the request is addressed to another host');
    return;
  }
  const { pathname, search } = new URL(asked.url ?? '/', 'http://page');
  const [, root = '', name = ''] = pathname.split('/');
  const uid = name.replace(/\.json$/, '');
  if (root === 'prometheus') {
    forward(served.prometheus, pathname.slice('/prometheus'.length) + search, asked, answer);
  } else if (pathname === '/dashboards.json') {
    const all = [...served.dashboards.values()].map(({ uid, title, tags = [] }) => ({ uid, title, tags }));
    send(answer, 200, 'application/json', JSON.stringify(all));
  } else if (root === 'dashboards') {
    const found = served.dashboards.get(uid);
    send(answer, found ? 200 : 404, 'application/json', JSON.stringify(found ?? null));
  } else if (root === 'rows') {
    send(answer, 200, 'application/json', served.dashboards.has(uid) ? await rowsOf(served.rows, uid) : 'null');
  } else {
    await sendFile(answer, root === 'page' || root === 'public' ? pathname : '/page/index.html');
  }
}

async function rowsOf(folder: string | undefined, uid: string): Promise<string> {
  try {
    return folder ? await readFile(join(folder, `${uid}.json`), 'utf8') : 'null';
  } catch {
    return 'null';
  }
}

function forward(prometheus: string | undefined, path: string, asked: IncomingMessage, answer: ServerResponse): void {
  if (!prometheus) {
    asked.resume();
    send(answer, 502, 'application/json', JSON.stringify({ status: 'error', error: 'no Prometheus was given' }));
    return;
  }
  const headers = { 'content-type': asked.headers['content-type'] ?? 'application/x-www-form-urlencoded' };
  const onward = request(prometheus + path, { method: asked.method ?? 'GET', headers }, (found) => {
    answer.writeHead(found.statusCode ?? 502, { 'content-type': 'application/json' });
    found.pipe(answer);
  });
  onward.on('error', (error) => {
    send(
      answer,
      502,
      'application/json',
      JSON.stringify({ status: 'error', error: `${prometheus}: ${error.message}` }),
    );
  });
  asked.pipe(onward);
}

async function sendFile(answer: ServerResponse, path: string): Promise<void> {
  const file = normalize(join(DIST, path));
  try {
    if (!file.startsWith(DIST + sep)) {
      throw new Error('outside of the page');
    }
    send(answer, 200, MEDIA_TYPES[extname(file)] ?? 'application/octet-stream', await readFile(file));
  } catch {
    send(answer, 404, 'text/plain', `there is no ${path}`);
  }
}

function send(answer: ServerResponse, status: number, type: string, body: string | Buffer): void {
  answer.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache' });
  answer.end(body);
}

/** The dashboards in files and folders, by uid. Rejects for a file that holds none. */
export async function readDashboards(paths: string[]): Promise<Map<string, Dashboard>> {
  const found = new Map<string, Dashboard>();
  for (const path of paths) {
    const isFolder = (await stat(path)).isDirectory();
    const files = isFolder
      ? (await readdir(path))
          .filter((name) => name.endsWith('.json'))
          .sort()
          .map((name) => join(path, name))
      : [path];
    for (const file of files) {
      const dashboard = JSON.parse(await readFile(file, 'utf8')) as Partial<Dashboard>;
      if (!dashboard.uid || !dashboard.panels) {
        throw new Error(`${file}: is not a dashboard: it has no uid or no panels`);
      }
      found.set(dashboard.uid, dashboard as Dashboard);
    }
  }
  return found;
}
