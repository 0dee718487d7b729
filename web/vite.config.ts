import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

// In development the API is the mock's, unless MAILVANE_URL names a server.
const api = process.env.MAILVANE_URL ?? 'http://127.0.0.1:4180';

export default defineConfig({
  plugins: [sveltekit()],
  build: { assetsInlineLimit: 0, target: 'es2022' },
  server: { proxy: { '/api': { target: api, changeOrigin: true, secure: false } } },
  test: { include: ['src/**/*.test.ts', 'mock/**/*.test.ts'], environment: 'node' },
});
