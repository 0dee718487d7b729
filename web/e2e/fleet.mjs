// The fleet: what is wrong, where, and all the rest without a jerk.
// @ts-check

/** @type {import('./harness.mjs').Journey[]} */
export const fleet = [
  {
    name: 'the fleet shows its instances and is live',
    anywhere: true,
    async run({ page, signIn, look }) {
      await signIn();
      await page.waitForSelector('tr[data-row]');
      await page.waitForSelector('.live:has-text("Live")');
      await look('fleet');
    },
  },
  {
    name: 'the fleet in the dark, worst first, what is acknowledged last, not visible is not zero',
    dark: true,
    async run({ page, signIn, look, expect }) {
      await signIn();
      const rows = page.locator('tr[data-row]');
      await rows.first().waitFor();
      expect((await rows.nth(0).innerText()).includes('mx1.example.net'), 'mx1 is the first row');
      expect((await rows.nth(1).innerText()).includes('no data since'), 'the silent host says since when');
      expect((await rows.nth(2).innerText()).includes('not visible'), 'a quiet log is not visible, not zero');
      const lines = page.locator('.inc > li');
      expect((await lines.count()) === 4, 'four open incidents');
      expect((await lines.last().innerText()).includes('Acknowledged'), 'the acknowledged one steps back');
      await look('fleet-dark');
    },
  },
  {
    name: 'a thousand rows are scrolled while only a few are drawn',
    async run({ page, signIn, expect }) {
      await signIn();
      await page.waitForSelector('tr[data-row]');
      const drawn = await page.locator('tr[data-row]').count();
      expect(drawn < 80, `only rows near the view are drawn, not ${drawn}`);
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await page.waitForSelector('tr[aria-rowindex="264"]');
      expect((await page.locator('tr[data-row]').count()) < 80, 'still only a few');
    },
  },
  {
    name: 'find by keyboard: filter, sort, walk, open, and back',
    async run({ page, signIn, look, expect }) {
      await signIn();
      await page.waitForSelector('tr[data-row]');
      await page.keyboard.press('f');
      await page.keyboard.type('lists');
      await page.keyboard.press('Enter');
      await page.waitForURL(/q=lists/);
      await page.locator('input[type=search]').first().blur();
      await page.keyboard.press('s');
      await page.waitForURL(/sort=name/);
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      const chosen = (await page.locator('tr.chosen th').innerText()).split(/\s/)[0] ?? '?';
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/instances\//);
      await page.waitForSelector(`h1:has-text("${chosen}")`);
      await page.keyboard.press('g');
      await page.keyboard.press('i');
      await page.waitForURL(/\/incidents/);
      await page.keyboard.press('?');
      await page.waitForSelector('dialog[open] .keys');
      await look('keys');
      await page.keyboard.press('Escape');
      await page.keyboard.press('/');
      await page.waitForSelector('.finder input:focus');
      await page.keyboard.type('mx1. out');
      const wanted = 'mx1.example.net / postfix-out';
      await page.waitForSelector(`.finder li:has-text("${wanted}")`);
      await look('finder');
      // An incident of the same host may stand above it: walk down to the instance.
      for (let step = 0; step < 10; step += 1) {
        const selected = await page.locator('.finder li[aria-selected=true]').innerText();
        if (selected.includes(wanted)) break;
        await page.keyboard.press('ArrowDown');
      }
      await page.keyboard.press('Enter');
      await page.waitForSelector('h1:has-text("postfix-out")');
      expect(page.url().includes('/instances/'), 'search opens the instance');
    },
  },
  {
    name: 'a filter that finds nothing says so and offers the way out',
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.goto(`${site.url}/?q=nothing-is-called-so&state=critical`);
      await page.waitForSelector('text=No host matches');
      await look('fleet-no-match');
      await page.click('text=Clear filter');
      await page.waitForSelector('tr[data-row]');
    },
  },
  {
    name: 'the fleet on a phone',
    size: 'phone',
    async run({ page, signIn, look, expect }) {
      await signIn();
      await page.waitForSelector('tr[data-row]');
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide <= 0, `nothing sticks out to the right (${wide} px)`);
      await look('fleet-phone', true);
    },
  },
];
