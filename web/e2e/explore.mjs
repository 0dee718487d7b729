// Explore: a question in words, a picture that isolates, a link that shows the same to a colleague.
// @ts-check

/** @type {import('./harness.mjs').Journey[]} */
export const explore = [
  {
    name: 'explore: pick a metric, split it, isolate a line, and the link shows the same',
    anywhere: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/explore`);
      await page.waitForSelector('h1:has-text("Explore")');
      await page.selectOption('select[aria-label="Metric"]', 'message.received');
      await page.waitForURL(/what=message.received/);
      await page.selectOption('#explore-split', 'instance');
      await page.waitForSelector('.ts canvas');
      await page.waitForSelector('table th button');
      await look('explore');
      const lines = page.locator('[aria-label="Lines with their figures"] th button');
      if ((await lines.count()) > 1) {
        await lines.nth(0).focus();
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await page.waitForURL(/off=/);
        const link = page.url();
        await page.goto(link);
        await page.waitForSelector('.ts canvas');
        await page.waitForSelector('tr.off');
        expect((await page.locator('th button[aria-pressed="true"]').count()) === 1, 'one line stands alone');
      }
    },
  },
  {
    name: 'explore in the dark: a ratio beside a breakdown, stacked, as share, last week, as a file',
    dark: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/explore?what=delivery.deferred/delivery.attempts&split=host&top=5`);
      await page.waitForSelector('.ts canvas');
      await page.waitForSelector(
        '.sub:has-text("delivery deferred as share of delivery attempts on all hosts, by host")',
      );
      await page.goto(`${site.url}/explore?what=recipient_domain:deferred&draw=stacked&vs=week`);
      await page.waitForSelector('.ts canvas');
      await page.waitForSelector('th:has-text("Δ week")');
      await look('explore-stacked');
      await page.click('button:has-text("Share")');
      await page.waitForURL(/draw=share/);
      await look('explore-share');
      const [table] = await Promise.all([
        page.waitForEvent('download'),
        page.click('button:has-text("CSV")'),
      ]);
      expect(table.suggestedFilename().endsWith('.csv'), 'a CSV is handed out');
    },
  },
  {
    name: 'explore on a phone, and a filter that finds nothing has a way out',
    size: 'phone',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/explore?tag=nowhere`);
      await page.waitForSelector('text=No host matches.');
      await page.click('button:has-text("Clear filter")');
      await page.waitForSelector('.ts canvas');
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide <= 0, `nothing sticks out to the right (${wide} px)`);
      await look('explore-phone', true);
    },
  },
];
