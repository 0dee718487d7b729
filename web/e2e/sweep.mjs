// Every page in both themes and two sizes: axe finds nothing, nothing sticks out, no policy is offended, and every
// control is reached by Tab alone and shows that it has the focus.
// @ts-check

const PAGES = [
  '/',
  '/incidents?state=all',
  '/explore',
  '/triggers',
  '/routing',
  '/routing?part=silences',
  '/add-host',
  '/reports',
  '/status',
  '/account',
  '/settings',
  '/settings?part=keys',
  '/settings?part=tokens',
  '/settings?part=audit',
  '/settings?part=retention',
  '/settings?part=sso',
  '/settings?part=plan',
];
const DOORS = ['/signin', '/sign-up', '/forgot'];

/** @param {import('playwright-core').Page} page */
async function settled(page) {
  await page.waitForSelector('h1');
  await page.waitForFunction(() => document.querySelectorAll('.loading').length === 0).catch(() => undefined);
  await page.waitForTimeout(200);
}

/** The pages of one instance, host and incident of this server. @param {import('playwright-core').Page} page @param {string} url */
async function found(page, url) {
  const instance = await page.locator('tr[data-row] a.host').first().getAttribute('href');
  await page.goto(`${url}/incidents?state=all`);
  await settled(page);
  const line = page.locator('.inc .what a, tbody th a').first();
  const incident = (await line.count()) ? await line.getAttribute('href') : null;
  return [instance, incident].filter((path) => path !== null);
}

/** Tab through the whole page; what was never reached, and what showed no focus. @param {import('playwright-core').Page} page */
async function tabbed(page) {
  const wanted = await page.evaluate(() => {
    const seen = (/** @type {Element} */ one) =>
      one.checkVisibility({ visibilityProperty: true }) && !one.closest('[inert], [hidden]');
    const all = [
      ...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]'),
    ].filter(
      (one) =>
        seen(one) &&
        !(/** @type {HTMLButtonElement} */ (one).disabled) &&
        one.getAttribute('tabindex') !== '-1',
    );
    all.forEach((one, at) => one.setAttribute('data-tab', String(at)));
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    scrollTo(0, 0);
    return all.length;
  });
  /** @type {Set<string>} */
  const reached = new Set();
  /** @type {string[]} */
  const bare = [];
  for (let step = 0; step < wanted + 40 && reached.size < wanted; step += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      const style = getComputedStyle(one);
      const ring = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
      return { id: one.getAttribute('data-tab'), ring, words: one.outerHTML.slice(0, 80) };
    });
    if (at?.id) reached.add(at.id);
    if (at && !at.ring) bare.push(at.words);
  }
  const missed = await page.evaluate(
    (ids) =>
      [...document.querySelectorAll('[data-tab]')]
        .filter((one) => !ids.includes(one.getAttribute('data-tab') ?? ''))
        // A set of choices is one stop; its members are walked by arrows.
        .filter((one) => !(one instanceof HTMLInputElement && one.type === 'radio'))
        .map((one) => one.outerHTML.slice(0, 90)),
    [...reached],
  );
  return { missed, bare };
}

/** @type {import('./harness.mjs').Journey[]} */
export const sweep = [
  ...[false, true].map((dark) => ({
    name: `every page ${dark ? 'in the dark' : 'in the light'} satisfies axe with no rule off`,
    dark,
    /** @param {import('./harness.mjs').Scene} scene */
    async run({ page, site, signIn, look }) {
      for (const door of DOORS) {
        await page.goto(`${site.url}${door}`);
        await settled(page);
        await look(`sweep${dark ? '-dark' : ''}${door.replaceAll(/\W+/g, '-')}`);
      }
      await signIn();
      await page.waitForSelector('tr[data-row] a.host');
      for (const path of [...(await found(page, site.url)), ...PAGES]) {
        await page.goto(`${site.url}${path}`);
        await settled(page);
        await look(`sweep${dark ? '-dark' : ''}${path.replaceAll(/\W+/g, '-').slice(0, 40)}`, true);
      }
    },
  })),
  {
    name: 'every page on a phone satisfies axe and lets nothing stick out',
    size: 'phone',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.waitForSelector('tr[data-row] a.host');
      for (const path of [...(await found(page, site.url)), ...PAGES]) {
        await page.goto(`${site.url}${path}`);
        await settled(page);
        const wide = await page.evaluate(() =>
          document.documentElement.scrollWidth <= innerWidth
            ? []
            : [...document.querySelectorAll('main *')]
                .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
                .map((one) => `${one.tagName} ${one.className} ${(one.textContent ?? '').slice(0, 40)}`),
        );
        expect(wide.length === 0, `nothing sticks out of ${path}: ${wide.slice(-3).join(' | ')}`);
        await look(`sweep-phone${path.replaceAll(/\W+/g, '-').slice(0, 40)}`, true);
      }
    },
  },
  {
    name: 'every control of every page is reached by Tab alone and shows its focus',
    async run({ page, site, signIn, expect }) {
      await signIn();
      await page.waitForSelector('tr[data-row] a.host');
      for (const path of [...(await found(page, site.url)), ...PAGES]) {
        await page.goto(`${site.url}${path}`);
        await settled(page);
        const { missed, bare } = await tabbed(page);
        expect(missed.length === 0, `${path}: reached by Tab: ${missed.slice(0, 4).join(' | ')}`);
        expect(bare.length === 0, `${path}: focus is seen on ${bare.slice(0, 4).join(' | ')}`);
      }
    },
  },
];
