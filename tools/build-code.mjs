// Bundles plugin/ into dist/: the entries that package.json names, chunks for what they load later, and beside them the files
// that Deno runs. Small dependencies are inside; what package.json lists as a dependency or peer stays outside.
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';
import { collectLicences } from './licences.mjs';

// What dependencies try to load and do without.
const OPTIONAL = ['pg-native', 'bufferutil', 'utf-8-validate', '@supabase/pg-topo'];
const RUNTIME = 'stack/functions/runtime';

/**
 * @param {string} source plugin/
 * @param {string} target dist/
 * @param {{ entries: string[], external: string[] }} options entries: paths in `source` without `.ts`
 */
export async function buildCode(source, target, { entries, external }) {
  const outside = new Set([...external, ...OPTIONAL]);
  const bundle = (names) =>
    write(source, target, names, (id) => id.startsWith('node:') || outside.has(packageName(id)));
  const modules = [
    ...(await bundle(entries)),
    // Apart from each other and from the rest: Deno runs them with a permission for nothing else.
    ...(await bundle([`${RUNTIME}/bootstrap`])),
    ...(await bundle([`${RUNTIME}/guard`])),
  ];
  await writeFile(join(target, 'LICENSES.md'), await collectLicences(modules));
}

/** Returns the files that are in it. */
async function write(source, target, names, external) {
  const build = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, join(source, `${name}.ts`)])),
    platform: 'node',
    // CommonJS builds of some dependencies require what a bundler does not see.
    resolve: { mainFields: ['module', 'main'] },
    external,
    plugins: [keepPlaces(source)],
    onLog: (level, log) => {
      throw new Error(`rolldown: ${level}: ${log.message}`);
    },
  });
  const { output } = await build.write({
    dir: target,
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: false,
  });
  await build.close();
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
}

/** Files are found beside the modules that use them: in a chunk, `import.meta.url` is what it would be without bundling. */
function keepPlaces(source) {
  const mark = (path) => `__PLACE_OF__("${path}")`;
  return {
    name: 'keep-places',
    transform(code, id) {
      if (!id.startsWith(source) || !code.includes('import.meta.url')) return null;
      const path = relative(source, id).split(sep).join('/').replace(/ts$/, 'js');
      return { code: code.replaceAll('import.meta.url', mark(path)) };
    },
    renderChunk(code, { fileName }) {
      if (!code.includes('__PLACE_OF__')) return null;
      return code.replaceAll(/__PLACE_OF__\("(.+?)"\)/g, (_, path) => {
        const place = relative(dirname(fileName), path).split(sep).join('/');
        return `new URL('./${place}', import.meta.url).href`;
      });
    },
  };
}

function packageName(id) {
  return /^(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
}
