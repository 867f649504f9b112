// The licences of the packages that a bundle contains.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * @param {string[]} modules paths of all modules of the bundle
 * @returns {Promise<string>} Markdown: a section for each package
 */
export async function collectLicences(modules) {
  const folders = new Set(
    modules.flatMap((id) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0] ?? []),
  );
  const sections = await Promise.all([...folders].map(describePackage));
  return `# Packages inside these files\n\n${[...new Set(sections)].toSorted().join('\n\n')}\n`;
}

async function describePackage(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const title = `## ${name} ${version} (${license})`;
  if (file === undefined) return title;
  const text = (await readFile(join(folder, file), 'utf8')).trim();
  return `${title}\n\n${text.replaceAll(/^/gm, '    ')}`;
}
