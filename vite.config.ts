import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';
import { bundleServiceWorker } from './app/offline/bundle-worker.ts';
import { securityHeaders } from './app/security-headers.ts';
// In your own project: import supabase from 'vite-plugin-supabase'
import supabase from './plugin/index.ts';

export default defineConfig(({ mode }) => ({
  root: 'app',
  server: { port: 3002 },
  preview: { port: 3002, headers: securityHeaders(loadEnv(mode, 'app')['VITE_SUPABASE_URL']) },
  build: { outDir: '../dist-app', emptyOutDir: true },
  plugins: [react(), supabase(), bundleServiceWorker()],
}));
