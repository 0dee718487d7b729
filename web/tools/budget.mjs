// The first chart page may cost at most so much JavaScript. Counts what the browser really loads, gzipped.
import { gzipSync } from 'node:zlib';

import { launch } from '../e2e/harness.mjs';
import { LOGIN, mock } from '../mock/server.mjs';
import { hosts } from '../mock/story.mjs';

export const JS_GZIP_BYTES_MAX = 90_000;

const site = mock();
const url = await site.listen();
const browser = await launch();
const page = await browser.newPage();
await page.goto(`${url}/signin`);
await page.fill('#email', LOGIN.email);
await page.fill('#password', LOGIN.password);
await page.click('button.primary');
await page.waitForSelector('tr[data-row]');
const fresh = await browser.newContext({ storageState: await page.context().storageState() });
const chart = await fresh.newPage();
let sum = 0;
const parts = [];
chart.on('response', async (answer) => {
  if (!/\.js(\?|$)/.test(answer.url())) return;
  const bytes = gzipSync(await answer.body(), { level: 9 }).length;
  sum += bytes;
  parts.push(`${bytes} ${new URL(answer.url()).pathname}`);
});
await chart.goto(`${url}/instances/${hosts()[0].instances[0].id}`);
await chart.waitForSelector('.ts canvas');
await chart.waitForTimeout(1_000);
await browser.close();
await site.close();
console.log(
  `${parts
    .sort((a, b) => Number.parseInt(b) - Number.parseInt(a))
    .slice(0, 8)
    .join('\n')}`,
);
console.log(
  `JavaScript of the first chart page: ${(sum / 1000).toFixed(1)} kB gzip of at most ${JS_GZIP_BYTES_MAX / 1000} kB`,
);
process.exit(sum > JS_GZIP_BYTES_MAX ? 1 : 0);
