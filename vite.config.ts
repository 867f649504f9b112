import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
// In your own project: import supabase from 'vite-plugin-supabase'
import supabase from './plugin/index.ts';

export default defineConfig({
  root: 'app',
  server: { port: 3002 },
  preview: { port: 3002 },
  build: { outDir: '../dist-app', emptyOutDir: true },
  plugins: [react(), supabase()],
});
