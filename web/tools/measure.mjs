// What the pages cost a person: the first chart on a slow line and a slow machine, thirty live charts, a fleet of a
// thousand hosts. One JSON line. `npm run measure -- --seconds 60`; MAILVANE_URL, MAILVANE_EMAIL and MAILVANE_PASSWORD
// measure a server instead of the mock.
// @ts-check
import { gzipSync } from 'node:zlib';

import { launch } from '../e2e/harness.mjs';
import { LOGIN, mock } from '../mock/server.mjs';
import { hosts } from '../mock/story.mjs';

const LINE = { latency: 150, down_bits: 1_600_000, up_bits: 750_000, cpu: 4 };
const FIRST_CHART_MS_MAX = 1_500;
const ROUND_TRIPS_MAX = 3;
const JS_GZIP_BYTES_MAX = 90_000;
const FLEET_HOSTS = 1_000;
const LIVE_CHARTS = 30;
const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 60;

const site = process.env.MAILVANE_URL ? null : mock({ tick_ms: 10_000, hosts: FLEET_HOSTS });
const url = process.env.MAILVANE_URL ?? (await site?.listen());
const email = process.env.MAILVANE_EMAIL ?? LOGIN.email;
const password = process.env.MAILVANE_PASSWORD ?? LOGIN.password;
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ignoreHTTPSErrors: true });

async function signedIn() {
  const page = await context.newPage();
  await page.goto(`${url}/signin`);
  await page.fill('#email', email);
  await page.fill('#password', password);
  await page.click('button.primary');
  await page.waitForSelector('tr[data-row] a.host', { timeout: 60_000 });
  const href = await page.locator('tr[data-row] a.host').first().getAttribute('href');
  await page.close();
  return href;
}

/** A returning user: the files are in the browser's cache, the figures are not. @param {string} path */
async function firstChart(path) {
  const warm = await context.newPage();
  await warm.goto(`${url}${path}`);
  await warm.waitForSelector('.ts canvas');
  await warm.close();
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: LINE.latency,
    downloadThroughput: LINE.down_bits / 8,
    uploadThroughput: LINE.up_bits / 8,
  });
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: LINE.cpu });
  /** @type {Map<string, { from: number, to: number, figures: boolean }>} */
  const asked = new Map();
  cdp.on('Network.requestWillBeSent', (event) => {
    if (!/\/live$/.test(event.request.url) && event.request.url.startsWith('http'))
      asked.set(event.requestId, {
        from: event.timestamp,
        to: Infinity,
        figures: /\/(series|instances)/.test(new URL(event.request.url).pathname.replace(path, '')),
      });
  });
  cdp.on('Network.requestServedFromCache', (event) => asked.delete(event.requestId));
  cdp.on('Network.responseReceived', (event) => {
    if (event.response.fromDiskCache) asked.delete(event.requestId);
  });
  cdp.on('Network.loadingFinished', (event) => {
    const one = asked.get(event.requestId);
    if (one) one.to = event.timestamp;
  });
  await page.addInitScript(() => {
    const look = () => {
      const canvas = document.querySelector('.ts canvas');
      if (canvas instanceof HTMLCanvasElement && canvas.width > 0) {
        // The frame after the drawing is the one that is seen.
        requestAnimationFrame(() => /** @type {any} */ (globalThis.firstChart = performance.now()));
        return;
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(`${url}${path}`, { waitUntil: 'commit' });
  await page.waitForFunction(() => /** @type {any} */ (globalThis).firstChart > 0, undefined, {
    timeout: 60_000,
  });
  const first_chart_ms = Math.round(await page.evaluate(() => /** @type {any} */ (globalThis).firstChart));
  const trips = depth([...asked.values()].filter((one) => one.to < Infinity));
  await page.close();
  return { first_chart_ms, serial_round_trips: trips };
}

/** What a browser without any cache loads for the same page. @param {string} path */
async function script(path) {
  const fresh = await browser.newContext({
    storageState: await context.storageState(),
    ignoreHTTPSErrors: true,
  });
  const page = await fresh.newPage();
  let bytes = 0;
  page.on('response', async (answer) => {
    if (/\.js(\?|$)/.test(answer.url())) bytes += gzipSync(await answer.body(), { level: 9 }).length;
  });
  await page.goto(`${url}${path}`);
  await page.waitForSelector('.ts canvas');
  await page.waitForTimeout(1_000);
  await fresh.close();
  return { js_gzip_bytes: bytes };
}

/** How many requests one after the other the figures of the chart waited for, themselves included. @param {{ from: number, to: number, figures: boolean }[]} all */
function depth(all) {
  const done = all.sort((a, b) => a.from - b.from).map((one) => ({ ...one, level: 1 }));
  for (const one of done)
    one.level = 1 + Math.max(0, ...done.filter((other) => other.to <= one.from).map((other) => other.level));
  return Math.max(0, ...done.filter((one) => one.figures).map((one) => one.level));
}

/** An instance page scrolled to its end: every chart lives. @param {string} path */
async function liveCharts(path) {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  await page.goto(`${url}${path}`);
  for (const part of ['waiting', 'delivery', 'intake', 'tls', 'processes', 'host']) {
    await page.locator(`#${part}`).scrollIntoViewIfNeeded();
    await page.waitForSelector(`#${part} .panel`);
    await page.waitForFunction((id) => document.querySelectorAll(`#${id} .loading`).length === 0, part);
  }
  await page.waitForTimeout(3_000);
  const charts = await page.locator('.ts canvas').count();
  const figure = async (/** @type {string} */ name) =>
    (await cdp.send('Performance.getMetrics')).metrics.find((one) => one.name === name)?.value ?? 0;
  const before = await figure('TaskDuration');
  await page.waitForTimeout(seconds * 1_000);
  const busy = (await figure('TaskDuration')) - before;
  await cdp.send('HeapProfiler.collectGarbage');
  const heap = await figure('JSHeapUsedSize');
  await page.close();
  return {
    live_charts: charts,
    live_core_percent: Math.round((busy / seconds) * 1_000) / 10,
    live_heap_mb: Math.round(heap / 100_000) / 10,
    live_seconds: seconds,
  };
}

/** The fleet scrolled from top to end: how long a frame takes. */
async function fleetScroll() {
  const page = await context.newPage();
  const begun = Date.now();
  await page.goto(`${url}/`);
  await page.waitForSelector('tr[data-row]');
  const shown_ms = Date.now() - begun;
  await page.waitForTimeout(1_000);
  const frames = await page.evaluate(async () => {
    const times = [];
    let last = performance.now();
    for (let at = 0; at < 240; at += 1) {
      scrollBy(0, 160);
      await new Promise((resume) => requestAnimationFrame(resume));
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return times.sort((a, b) => a - b);
  });
  const rows = await page.locator('tr[data-row]').count();
  const instances = Number((await page.locator('button.chip b').first().innerText()).replace(/\D/g, ''));
  await page.close();
  const at = (/** @type {number} */ part) =>
    Math.round((frames[Math.floor(frames.length * part)] ?? 0) * 10) / 10;
  return {
    fleet_rows: instances,
    fleet_rows_drawn: rows,
    fleet_shown_ms: shown_ms,
    scroll_frame_ms_p50: at(0.5),
    scroll_frame_ms_p95: at(0.95),
  };
}

const href = await signedIn();
const path = href ?? `/instances/${hosts()[0]?.instances[0]?.id}`;
const runs = [await firstChart(path), await firstChart(path), await firstChart(path)].sort(
  (a, b) => a.first_chart_ms - b.first_chart_ms,
);
const result = { ...runs[1], ...(await script(path)), ...(await liveCharts(path)), ...(await fleetScroll()) };
await browser.close();
await site?.close();
console.log(JSON.stringify({ bench: 'web', against: site ? 'mock' : url, line: LINE, ...result }));
const late =
  (result.first_chart_ms ?? 0) > FIRST_CHART_MS_MAX ||
  (result.serial_round_trips ?? 0) > ROUND_TRIPS_MAX ||
  (result.js_gzip_bytes ?? 0) > JS_GZIP_BYTES_MAX ||
  result.live_charts < LIVE_CHARTS;
process.exit(late ? 1 : 0);
