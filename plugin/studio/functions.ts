import { relative } from 'node:path';
import { loadConfig } from '../stack/config/config.ts';
import { findFunctions } from '../stack/functions/definitions.ts';
import { readFunctionsSettings } from '../stack/functions/settings.ts';
import type { Read } from './read.ts';

/** The edge functions of the project, as their files and config.toml are now. */
export const listFunctions: Read = async (_query, { root }) => {
  const config = await loadConfig(root);
  const settings = readFunctionsSettings(config);
  const functions = settings.enabled ? await findFunctions(config, settings) : new Map();
  return [...functions.values()].map(({ slug, entrypoint, verifyJwt, importMap }) => ({
    slug,
    verifyJwt,
    entrypoint: relative(root, entrypoint),
    importMap: importMap && relative(root, importMap),
  }));
};
