// Saved views, the wall, and what hostile words from logs and hosts do to the pages: nothing.
// @ts-check

/** Words that would act if any page took them for markup. */
const HOSTILE =
  '<img src=x onerror=alert(1)><script>alert(2)</script>"\'><svg/onload=alert(3)>{{7*7}}javascript:alert(4)';

/** Replaces the words of people, hosts and logs in an answer. @param {unknown} thing @param {string} [name] @returns {unknown} */
function poisoned(thing, name = '') {
  if (typeof thing === 'string')
    return /^(title|summary|name|text|subject|headline|class|domain|example|first_step|hint|disabled_reason|comment|why|cure|key|explanation|detail|last_error|user_agent|ip|container|description|runbook)$/.test(
      name,
    ) && !/^[a-z_]+\.[a-z_.]+$/.test(thing)
      ? `${thing} ${HOSTILE}`
      : thing;
  if (Array.isArray(thing)) return thing.map((one) => poisoned(one, name === 'tags' ? 'text' : name));
  if (thing && typeof thing === 'object')
    return Object.fromEntries(Object.entries(thing).map(([key, value]) => [key, poisoned(value, key)]));
  return thing;
}

/** @type {import('./harness.mjs').Journey[]} */
export const views = [
  {
    name: 'a view of the fleet is saved, chosen again, and is the same by its link',
    anywhere: true,
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.waitForSelector('tr[data-row]');
      await page.goto(`${site.url}/?sort=oldest_s`);
      await page.waitForSelector('tr[data-row]');
      await page.click('button:has-text("Save view")');
      await page.fill('#view-name', 'Oldest first');
      await page.keyboard.press('Enter');
      await page.waitForSelector('select[aria-label="View"]');
      await page.goto(`${site.url}/`);
      await page.waitForSelector('tr[data-row]');
      await page.selectOption('select[aria-label="View"]', 'Oldest first');
      await page.waitForURL(/sort=oldest_s/);
      await look('fleet-view');
    },
  },
  {
    name: 'the wall turns its views without controls, and Escape leaves it',
    anywhere: true,
    dark: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.waitForSelector('h1:has-text("Fleet")');
      await page.goto(`${site.url}/?wall=fleet,incidents&every=5`);
      await page.waitForSelector('.wallfoot');
      expect((await page.locator('.rail').count()) === 0, 'the rail is gone');
      await look('wall');
      await page.keyboard.press('Escape');
      await page.waitForSelector('.rail');
    },
  },
  {
    name: 'hostile words from logs, hosts and people are text in every view',
    async run({ page, site, signIn, expect }) {
      await page.route('**/api/v1/**', async (route) => {
        if (/\/(live|session)/.test(route.request().url())) return route.continue();
        const answer = await route.fetch();
        const type = answer.headers()['content-type'] ?? '';
        if (!type.includes('json')) return route.fulfill({ response: answer });
        await route.fulfill({ response: answer, json: poisoned(await answer.json()) });
      });
      page.on('dialog', () => expect(false, 'no word ever acts'));
      await signIn();
      await page.waitForSelector('tr[data-row]');
      const instance = await page.locator('tr[data-row] a.host').first().getAttribute('href');
      const incident = await page.locator('.inc .what a').first().getAttribute('href');
      const paths = [
        '/',
        instance ?? '/',
        incident ?? '/',
        '/incidents?state=all',
        '/explore',
        '/triggers',
        '/routing',
        '/routing?part=silences',
        '/settings',
        '/settings?part=keys',
        '/settings?part=tokens',
        '/settings?part=audit',
        '/settings?part=plan',
        '/account',
        '/reports',
        '/status',
        '/add-host',
      ];
      for (const path of paths) {
        await page.goto(`${site.url}${path}`);
        await page.waitForSelector('h1');
        await page
          .waitForFunction(() => document.querySelectorAll('.loading').length === 0)
          .catch(() => undefined);
        const acted = await page.evaluate(
          () => document.querySelectorAll('img[src="x"], main script, svg[onload], [onerror]').length,
        );
        expect(acted === 0, `${path} shows hostile words as text`);
      }
      for (const part of ['waiting', 'delivery', 'intake', 'tls', 'processes', 'host', 'events']) {
        if (part === 'waiting') await page.goto(`${site.url}${instance}`);
        await page.waitForSelector(`#${part}`);
        await page.locator(`#${part}`).scrollIntoViewIfNeeded();
        await page.waitForSelector(`#${part} .panel`);
      }
      const acted = await page.evaluate(
        () => document.querySelectorAll('img[src="x"], main script, [onerror]').length,
      );
      expect(acted === 0, 'the whole instance page shows them as text');
    },
  },
];
