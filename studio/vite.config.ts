import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Built into the package beside plugin/studio/pages.ts; --outDir says where (tools/build.mjs, test/helpers/studio.ts).
export default defineConfig({
  root: import.meta.dirname,
  base: '/__supabase/',
  // The page's policy allows neither inline scripts nor files as data.
  build: {
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'LICENSES.md' },
  },
  plugins: [react()],
});
