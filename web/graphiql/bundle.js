// Bundles GraphiQL, its editor and the editor's workers into dist/: dist/index.html and dist/assets/*, whose names
// carry a hash of their content so that browsers may keep them for ever. The page asks no other host for anything.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, 'dist');
const assets = path.join(dist, 'assets');

const COMMON = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  outdir: assets,
  entryNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  assetNames: '[name]-[hash]',
  legalComments: 'linked', // the licences of what is bundled travel with it
  metafile: true,
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': '"production"' },
};

const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
};

// graphiql/style.css already holds the editor's style. Left in, these imports would make a second copy in a
// style sheet of the lazy chunk, which nothing loads.
const withoutEditorStyle = {
  name: 'without-editor-style',
  setup: (bundler) =>
    bundler.onLoad({ filter: /node_modules\/monaco-editor\/.*\.css$/ }, () => ({ contents: '', loader: 'css' })),
};

/** The file in assets/ that was made from an entry point. */
function outputOf(metafile, entry, extension = '.js') {
  const names = Object.entries(metafile.outputs).flatMap(([name, output]) =>
    output.entryPoint?.endsWith(entry) ? [extension === '.js' ? name : output.cssBundle] : [],
  );
  if (names.length !== 1 || !names[0]) throw new Error(`${entry} gave ${names.length} ${extension} files, not one`);
  return path.basename(names[0]);
}

await rm(dist, { recursive: true, force: true });
await mkdir(assets, { recursive: true });

const workers = await build({ ...COMMON, entryPoints: WORKERS, format: 'iife' });
const workerFiles = Object.fromEntries(
  Object.entries(WORKERS).map(([label, entry]) => [label, outputOf(workers.metafile, entry)]),
);

const page = await build({
  ...COMMON,
  entryPoints: { graphiql: 'app.jsx' },
  splitting: true,
  jsx: 'automatic',
  loader: { '.graphql': 'text', '.ttf': 'file' },
  plugins: [withoutEditorStyle],
  define: { ...COMMON.define, WORKER_FILES: JSON.stringify(workerFiles) },
});

const icon = await readFile(path.join(here, 'icon.svg'));
const iconFile = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
await writeFile(path.join(assets, iconFile), icon);

const names = {
  icon: iconFile,
  style: outputOf(page.metafile, 'app.jsx', '.css'),
  script: outputOf(page.metafile, 'app.jsx'),
};
const html = await readFile(path.join(here, 'index.html'), 'utf8');
await writeFile(
  path.join(dist, 'index.html'),
  html.replace(/{{(\w+)}}/g, (_, name) => names[name]),
);
