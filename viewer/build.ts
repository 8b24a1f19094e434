/**
 * Makes the page and unpacks the browser: everything that the viewer needs of its packages, in `dist/`.
 *
 *     node build.ts            both
 *     node build.ts --page     only the page, after a change of its source
 */

import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import chromium, { inflate } from '@sparticuz/chromium';
import { build } from 'esbuild';

const FOLDER = import.meta.dirname;
const DIST = join(FOLDER, 'dist');
const PACKAGES = join(FOLDER, 'node_modules');

// Editors of code and maps come with Grafana's components; no dashboard of ours shows one.
const LEFT_OUT = ['monaco-editor', '@monaco-editor/react'];

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Dashboards</title>
    <link rel="icon" href="data:," />
    <style>body { margin: 0 }</style>
    <link rel="stylesheet" href="/page/main.css" />
  </head>
  <body>
    <div id="root"></div>
    <script type="module" src="/page/main.js"></script>
  </body>
</html>
`;

/** Grafana asks for its fonts by these names. */
const FONTS = {
  'inter/Inter-Regular.woff2': '@fontsource/inter/files/inter-latin-400-normal.woff2',
  'inter/Inter-Medium.woff2': '@fontsource/inter/files/inter-latin-500-normal.woff2',
  'inter/Inter-Italic.woff2': '@fontsource/inter/files/inter-latin-400-italic.woff2',
  'inter/Inter-MediumItalic.woff2': '@fontsource/inter/files/inter-latin-500-italic.woff2',
  'roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2':
    '@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2',
};

const ICONS = join(DIST, 'public/build/img/icons/unicons');

/** Icons that Grafana's components ask for and its packages do not hold: one mirrored, one drawn. */
async function addMissingIcons(): Promise<void> {
  const right = await readFile(join(ICONS, 'angle-double-right.svg'), 'utf8');
  const left = right.replace('<path ', '<path transform="matrix(-1 0 0 1 24 0)" ');
  await writeFile(join(ICONS, 'angle-double-left.svg'), left);
  const quarter = '<path d="M12 2a10 10 0 0 1 10 10h-3a7 7 0 0 0-7-7z"/>';
  await writeFile(
    join(ICONS, 'spinner.svg'),
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${quarter}</svg>`,
  );
}

async function makePage(): Promise<void> {
  await rm(join(DIST, 'page'), { recursive: true, force: true });
  await rm(join(DIST, 'public'), { recursive: true, force: true });
  await build({
    entryPoints: [join(FOLDER, 'src/main.tsx')],
    outdir: join(DIST, 'page'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    minify: true,
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
    alias: Object.fromEntries(LEFT_OUT.map((name) => [name, join(FOLDER, 'src/left-out.ts')])),
    logLevel: 'warning',
  });
  await writeFile(join(DIST, 'page/index.html'), HTML);
  await cp(join(PACKAGES, '@grafana/ui/dist/public/img'), join(DIST, 'public/build/img'), { recursive: true });
  await addMissingIcons();
  for (const [name, source] of Object.entries(FONTS)) {
    await cp(join(PACKAGES, source), join(DIST, 'public/fonts', name));
  }
}

/** The package's own file looks for the fonts in /tmp. With these alone, a picture is the same on every machine. */
const FONTS_CONF = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir>${join(DIST, 'browser/fonts/cache')}</cachedir>
</fontconfig>
`;

/** Chromium with fonts and the libraries that a bare machine lacks. The package unpacks into the temporary folder. */
async function unpackBrowser(): Promise<void> {
  const folder = join(DIST, 'browser');
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  process.env['TMPDIR'] = unfinished;
  await chromium.executablePath();
  await inflate(join(PACKAGES, '@sparticuz/chromium/bin/al2023.tar.br'));
  await writeFile(join(unfinished, 'fonts/fonts.conf'), FONTS_CONF);
  if (!(await readdir(unfinished)).includes('chromium')) {
    throw new Error(`${unfinished} does not hold the browser`);
  }
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
}

await makePage();
if (!process.argv.includes('--page')) {
  await unpackBrowser();
}
