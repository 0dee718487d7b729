// Channels: add one, see what the receiver says, understand why one stopped.
// @ts-check

/** @type {import('./harness.mjs').Journey[]} */
export const channels = [
  {
    name: 'a wrong webhook address is told at its field and nothing typed is lost',
    anywhere: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/routing`);
      await page.click('.head button:has-text("Add channel")');
      await page.fill('#channel-name', 'journey');
      await page.fill('#channel-url', 'https://example.com/hook');
      await page.click('dialog button.primary');
      await page.waitForSelector('dialog .bad');
      expect((await page.inputValue('#channel-name')) === 'journey', 'the name is kept');
      await look('channel-wrong');
    },
  },
  {
    name: 'add a Slack channel, send a test, read the answer and the log',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/routing`);
      await page.click('.head button:has-text("Add channel")');
      await page.fill('#channel-name', '#night');
      await page.fill('#channel-url', 'https://hooks.slack.com/services/T1/B1/secret');
      await page.click('dialog button.primary');
      const row = page.locator('tr', { hasText: '#night' });
      await row.waitFor();
      expect(!(await page.content()).includes('T1/B1/secret'), 'the secret never comes back');
      await row.locator('text=Send test').click();
      await page.waitForSelector('.answer:has-text("Delivered")');
      await row.locator('text=Log').click();
      await page.waitForSelector('h2:has-text("Delivery log of #night")');
      await look('channels');
      await page.locator('tr', { hasText: '#lists' }).locator('text=Send test').click();
      await page.waitForSelector('.answer:has-text("Refused for good")');
      await look('channels-refused');
    },
  },
];
