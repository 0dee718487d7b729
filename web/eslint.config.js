import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

import svelteConfig from './svelte.config.js';

const uplotOnlyInOneFile = {
  'no-restricted-imports': [
    'error',
    { paths: [{ name: 'uplot', message: 'Only lib/chart/uplot.ts knows the chart library.' }] },
  ],
};

export default ts.config(
  { ignores: ['dist', 'node_modules', '.svelte-kit', 'src/lib/catalogue.ts', 'src/lib/api/schema.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } }, rules: { 'no-undef': 'off' } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig, extraFileExtensions: ['.svelte'] } },
    rules: {
      // Every link comes from lib/paths.ts; the pages are served at the root only.
      'svelte/no-navigation-without-resolve': 'off',
      'svelte/no-at-html-tags': 'error',
      // Sets and queries are built and thrown away in handlers; none is state.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/no-inline-styles': 'error',
    },
  },
  { rules: uplotOnlyInOneFile, ignores: ['src/lib/chart/uplot.ts'] },
);
