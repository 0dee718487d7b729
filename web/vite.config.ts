import { sveltekit } from '@sveltejs/kit/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// In development the API is the mock's, unless MAILVANE_URL names a server.
const api = process.env.MAILVANE_URL ?? 'http://127.0.0.1:4180';

/** SvelteKit hides its route announcer by a style attribute, which our policy forbids; our own class does the same. */
const announcerWithoutStyle: Plugin = {
  name: 'announcer-without-style',
  enforce: 'pre',
  transform: {
    filter: { id: /generated\/root\.svelte$/ },
    handler: (code) => code.replace(/ style="[^"]*"/g, ' class="vh"'),
  },
};

export default defineConfig({
  plugins: [announcerWithoutStyle, sveltekit()],
  build: {
    assetsInlineLimit: 0,
    target: 'es2022',
    rolldownOptions: {
      output: {
        // What every page needs comes in one piece: twenty small files compress worse and ask oftener.
        advancedChunks: {
          groups: [
            {
              name: 'base',
              test: /node_modules\/svelte\/|src\/lib\/(ui\/(?!Dialog|Copy|Ask|FormFault|saving)|api\/(client|events|types)|incident\/acts|(?!catalogue)[a-z]+(\.svelte)?\.ts)/,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': { target: api, changeOrigin: true, secure: false } } },
  test: { include: ['src/**/*.test.ts', 'mock/**/*.test.ts'], environment: 'node' },
});
