// A browser for the journeys: Debian's Chromium, one clean context each, and three things that hold everywhere:
// axe finds nothing with no rule off, the Content-Security-Policy is never offended, nothing is thrown.
// @ts-check
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

import { LOGIN, mock } from '../mock/server.mjs';

export const SCREENS = fileURLToPath(new URL('../../target/screens/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Nothing on these pages may take longer than this; a slow machine is waited for, a hanging page is not. */
export const PATIENCE_MS = 15_000;
const SIZES = /** @type {const} */ ({
  desk: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
});

/** @typedef {{ page: import('playwright-core').Page, look: Scene['look'] }} Beside Another person's browser. */
/**
 * @typedef {object} Site
 * @property {string} url
 * @property {string} email
 * @property {string} password
 * @property {ReturnType<typeof mock> | null} mock Null: a real server.
 */
/**
 * @typedef {object} Scene
 * @property {import('playwright-core').Page} page
 * @property {Site} site
 * @property {() => Promise<void>} signIn
 * @property {(name: string, whole?: boolean) => Promise<void>} look Photographs the page and lets axe judge it.
 * @property {(shown: boolean, words: string) => void} expect
 * @property {() => Promise<Beside>} beside
 */
/** @typedef {{ name: string, anywhere?: boolean, needed?: boolean, empty?: boolean, size?: 'desk' | 'phone', dark?: boolean, run: (scene: Scene) => Promise<void> }} Journey */

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--mute-audio',
    ],
  });

/** The site a journey runs against: the server that the environment names, else a mock of its own. @param {Journey} journey @returns {Promise<Site>} */
export async function open(journey) {
  if (process.env.MAILVANE_URL) {
    return {
      url: process.env.MAILVANE_URL.replace(/\/$/, ''),
      email: process.env.MAILVANE_EMAIL ?? '',
      password: process.env.MAILVANE_PASSWORD ?? '',
      mock: null,
    };
  }
  const own = mock({ empty: journey.empty ?? false, tick_ms: 1_000 });
  return { url: await own.listen(), ...LOGIN, mock: own };
}

/** @param {import('playwright-core').Browser} browser @param {Journey} journey */
export async function play(browser, journey) {
  mkdirSync(SCREENS, { recursive: true });
  const site = await open(journey);
  /** @type {string[]} */
  const offences = [];
  /** @type {import('playwright-core').BrowserContext[]} */
  const contexts = [];
  /** Somebody with a browser of their own. @returns {Promise<Beside>} */
  const beside = async () => {
    const context = await browser.newContext({
      viewport: SIZES[journey.size ?? 'desk'],
      colorScheme: journey.dark ? 'dark' : 'light',
      ignoreHTTPSErrors: true,
      hasTouch: journey.size === 'phone',
    });
    contexts.push(context);
    const page = await watched(context, offences);
    const look = async (/** @type {string} */ name, whole = false) => {
      await page.screenshot({ path: `${SCREENS}${site.mock ? '' : 'real-'}${name}.png`, fullPage: whole });
      const faults = await axe(page);
      if (faults.length) throw new Error(`axe on ${name}: ${faults.join('; ')}`);
    };
    return { page, look };
  };
  const { page, look } = await beside();
  const expect = (/** @type {boolean} */ shown, /** @type {string} */ words) => {
    if (!shown) throw new Error(`expected: ${words}`);
  };
  const signIn = async () => {
    await page.goto(`${site.url}/signin`);
    await page.fill('#email', site.email);
    await page.fill('#password', site.password);
    await page.click('button.primary');
    await page.waitForSelector('.app');
  };
  try {
    await journey.run({ page, site, signIn, look, expect, beside });
    if (offences.length) throw new Error(offences.join('; '));
  } catch (cause) {
    const failed = `${SCREENS}failed-${journey.name.replace(/\W+/g, '-').slice(0, 60)}`;
    for (const [at, context] of contexts.entries())
      await context
        .pages()[0]
        ?.screenshot({ path: `${failed}${at ? `-${at}` : ''}.png` })
        .catch(() => undefined);
    throw cause;
  } finally {
    for (const context of contexts) await context.close();
    await site.mock?.close();
  }
}

/** A page whose offences against the policy and whose faults are written down. @param {import('playwright-core').BrowserContext} context @param {string[]} offences */
async function watched(context, offences) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on('pageerror', (error) => offences.push(`thrown: ${error.message}`));
  page.on('console', (line) => {
    // A refused request is a story's business; a broken policy or a warning of the framework never is.
    if (line.type() === 'error' && !/Failed to load resource|net::ERR/.test(line.text()))
      offences.push(line.text());
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
  return page;
}

/** @param {import('playwright-core').Page} page @returns {Promise<string[]>} */
async function axe(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const judged = await /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ['violations'] });
    return judged.violations.map(
      (/** @type {any} */ fault) =>
        `${fault.id}: ${fault.nodes
          .slice(0, 3)
          .map(
            (/** @type {any} */ node) =>
              `${node.target.join(' ')} (${node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? ''})`,
          )
          .join(', ')}`,
    );
  });
}

/**
 * Plays journeys one after the other and prints a line for each. How many failed.
 * @param {any} browser @param {any[]} journeys
 */
export async function playAll(browser, journeys) {
  let failed = 0;
  for (const journey of journeys) {
    const begun = Date.now();
    try {
      await play(browser, journey);
      console.log(`✓ ${journey.name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
    } catch (cause) {
      failed += 1;
      console.log(`✗ ${journey.name}: ${cause instanceof Error ? cause.message : cause}`);
    }
  }
  return failed;
}
