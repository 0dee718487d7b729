// Faults, silence and emptiness, as designed as the sunny day.
// @ts-check
import { hosts } from '../mock/story.mjs';

const gmail = hosts()[0]?.instances[0]?.id ?? '';

/** @type {import('./harness.mjs').Journey[]} */
export const states = [
  {
    name: 'a lost server is said in the bar, the figures stay with their age, and all comes back by itself',
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.waitForSelector('tr[data-row]');
      await page.waitForSelector('.live:has-text("Live")');
      const { state } = site.mock ?? { state: null };
      if (!state) return;
      state.down = true;
      for (const line of state.lines) line.destroy();
      await page.waitForSelector('.live:has-text("Reconnecting")');
      await page.waitForSelector('tr[data-row]');
      await look('offline');
      state.down = false;
      await page.waitForSelector('.live:has-text("Live")');
    },
  },
  {
    name: 'a panel that fails says so with the id to quote, the others go on',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      if (site.mock) site.mock.state.broken = '/breakdowns';
      await page.goto(`${site.url}/instances/${gmail}`);
      await page.waitForSelector('.ts canvas');
      await page.locator('#delivery').scrollIntoViewIfNeeded();
      await page.waitForSelector('#delivery .fault:has-text("01J8MOCK")');
      await page.waitForSelector('#delivery .ts canvas');
      expect(
        (await page.locator('#delivery .panel:has(canvas) .fault').count()) === 0,
        'lists of reasons failed, no chart',
      );
      await look('panel-fault', true);
      if (site.mock) site.mock.state.broken = '';
      await page.click('.fault button');
      await page.waitForSelector('th:has-text("gmail.com")');
    },
  },
  {
    name: 'loading shows the frame at once and grey bars only after a moment',
    async run({ page, site, signIn, look }) {
      await signIn();
      if (site.mock) site.mock.state.slow = 1_500;
      await page.goto(`${site.url}/routing`);
      await page.waitForSelector('.loading i', { state: 'attached' });
      await page.waitForTimeout(400);
      await look('loading');
      if (site.mock) site.mock.state.slow = 0;
      await page.waitForSelector('tbody tr');
    },
  },
  {
    name: 'an address of nobody is answered like one of somebody else',
    anywhere: true,
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.goto(`${site.url}/instances/inst_019aabcd00007000800000ffffffffff`);
      await page.waitForSelector('text=No instance has this address');
      await page.goto(`${site.url}/no/such/page`);
      await page.waitForSelector('text=No page has this address');
      await look('not-found');
    },
  },
  {
    name: 'an empty tenant: incidents, channels, keys say what to do',
    empty: true,
    async run({ page, site, signIn, look }) {
      await signIn();
      for (const [path, words] of [
        ['/incidents', 'No open incidents.'],
        ['/routing', 'No channel yet'],
        ['/triggers', 'nothing ever fires'],
        ['/settings?part=keys', 'No key yet'],
      ]) {
        await page.goto(`${site.url}${path}`);
        await page.waitForSelector(`text=${words}`);
      }
      await look('empty-keys');
    },
  },
];
