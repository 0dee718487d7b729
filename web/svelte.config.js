// The pages are a static single-page application: the server only hands out files, it never renders.
import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
  kit: {
    adapter: adapter({ pages: 'dist', assets: 'dist', fallback: 'index.html', precompress: false }),
    paths: { relative: false },
    version: { pollInterval: 0 },
    typescript: {
      config: (config) => ({
        ...config,
        include: [...config.include, '../mock/**/*.ts', '../e2e/**/*.ts', '../tools/**/*.ts'],
      }),
    },
  },
};
