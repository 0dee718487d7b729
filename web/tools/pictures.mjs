// The eight main pages in three sizes and two themes, photographed from a server with figures, into docs/pictures.
// MAILVANE_URL=… MAILVANE_EMAIL=… MAILVANE_PASSWORD=… npm run pictures; without them the mock's story is photographed.
// `npm run pictures -- routing` takes those of one page only.
// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { launch } from '../e2e/harness.mjs';
import { LOGIN, mock } from '../mock/server.mjs';

const OUT = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
const SIZES = /** @type {const} */ ({
  phone: { width: 390, height: 844 },
  desk: { width: 1440, height: 900 },
  wall: { width: 2560, height: 1440 },
});
const QUALITY = 0.8;

const site = process.env.MAILVANE_URL ? null : mock();
const url = process.env.MAILVANE_URL ?? (await site?.listen());
const browser = await launch();
mkdirSync(OUT, { recursive: true });

/** @param {import('playwright-core').Page} page @param {Buffer} png */
async function webp(page, png) {
  const base64 = await page.evaluate(
    async ({ data, quality }) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const sheet = new OffscreenCanvas(picture.width, picture.height);
      sheet.getContext('2d')?.drawImage(picture, 0, 0);
      const out = new Uint8Array(
        await (await sheet.convertToBlob({ type: 'image/webp', quality })).arrayBuffer(),
      );
      let text = '';
      for (const byte of out) text += String.fromCharCode(byte);
      return btoa(text);
    },
    { data: png.toString('base64'), quality: QUALITY },
  );
  return Buffer.from(base64, 'base64');
}

/** This week's Monday: a lab that was just started has no week before. */
function monday() {
  const day = new Date();
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day.toISOString().slice(0, 10);
}

const first = await browser.newPage({ ignoreHTTPSErrors: true });
await first.goto(`${url}/signin`);
await first.fill('#email', process.env.MAILVANE_EMAIL ?? LOGIN.email);
await first.fill('#password', process.env.MAILVANE_PASSWORD ?? LOGIN.password);
await first.click('button.primary');
await first.waitForSelector('tr[data-row] a.host', { timeout: 60_000 });
const instance = (await first.locator('tr[data-row] a.host').first().getAttribute('href')) ?? '/';
const listed = first.locator('.inc .what a');
const incident = (await listed.count()) ? ((await listed.first().getAttribute('href')) ?? '') : '';
const state = await first.context().storageState();
const pages = {
  fleet: '/?range=1h',
  instance: `${instance}?range=1h`,
  incident: incident || '/incidents?state=all',
  explore: '/explore?range=1h&what=delivery.sent&what=delivery.deferred&split=none&draw=stacked',
  triggers: '/triggers',
  routing: '/routing',
  'add-host': '/add-host',
  report: `/reports?week=${monday()}`,
};

const only = process.argv.slice(2);
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const theme of /** @type {const} */ (['light', 'dark'])) {
    const context = await browser.newContext({
      viewport,
      colorScheme: theme,
      storageState: state,
      ignoreHTTPSErrors: true,
    });
    const page = await context.newPage();
    for (const [name, path] of Object.entries(pages)) {
      if (only.length && !only.includes(name)) continue;
      await page.goto(`${url}${path}`);
      await page.waitForSelector('h1');
      await page
        .waitForFunction(() => document.querySelectorAll('.loading').length === 0, undefined, {
          timeout: 20_000,
        })
        .catch(() => undefined);
      await page.waitForTimeout(900);
      const file = `${OUT}${name}-${size}-${theme}.webp`;
      writeFileSync(file, await webp(first, await page.screenshot()));
    }
    await context.close();
  }
}
await browser.close();
await site?.close();
console.log(`${(only.length || Object.keys(pages).length) * 6} pictures in docs/pictures`);
