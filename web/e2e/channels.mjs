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
      await page.fill('#channel-webhook_url', 'http://example.com/hook');
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
      await page.fill('#channel-webhook_url', 'https://hooks.slack.com/services/T1/B1/secret');
      await page.click('dialog button.primary');
      const row = page.locator('tr', { hasText: '#night' });
      await row.waitFor();
      expect(!(await page.content()).includes('T1/B1/secret'), 'the secret never comes back');
      await row.locator('button:has-text("Send test")').click();
      await page.waitForSelector('.answer:has-text("Delivered")');
      await row.locator('button:has-text("Log")').click();
      await page.waitForSelector('h2:has-text("Delivery log of #night")');
      await look('channels');
      await page.locator('tr', { hasText: '#lists' }).locator('button:has-text("Send test")').click();
      await page.waitForSelector('.answer:has-text("Refused for good")');
      await look('channels-refused');
    },
  },
  {
    name: 'Telegram is added from the kinds, tested, and a webhook’s secret is shown once',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/routing`);
      await page.click('.head button:has-text("Add channel")');
      await page.selectOption('#channel-kind', 'telegram');
      await page.fill('#channel-name', 'Watch of the night');
      await page.fill('#channel-bot_token', '123456:ABC');
      await page.fill('#channel-chat_id', '-100200300');
      await look('channel-telegram');
      await page.click('dialog button.primary');
      const row = page.locator('tr', { hasText: 'Watch of the night' });
      await row.locator('button:has-text("Send test")').click();
      await page.waitForSelector('.answer:has-text("Delivered")');
      await page.click('.head button:has-text("Add channel")');
      await page.selectOption('#channel-kind', 'webhook');
      await page.fill('#channel-name', 'tickets 2');
      await page.fill('#channel-url', 'https://tickets.example.org/hook');
      await page.click('dialog button.primary');
      await page.waitForSelector('.answer code:has-text("whsec_")');
      await page.locator('tr.reason:has-text("could not be delivered") button').click();
      await page.waitForSelector('.toasts:has-text("2 messages will be sent again")');
      expect(
        (await page.locator('tr.reason:has-text("could not be delivered")').count()) === 0,
        'none is dead',
      );
    },
  },
  {
    name: 'routes: where would this go, another order, a route of one’s own',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/routing`);
      await page.waitForSelector('.route li.hit');
      await page.selectOption('#where-place', { label: 'mx1.example.net / postfix-out' });
      await page.selectOption('#where-trigger', { label: 'queue.deferred.high' });
      await page.waitForSelector('h3:has-text("It would go to 5 channels")');
      await page.waitForSelector('.route li:has-text("not reached")');
      await look('routing', true);
      await page.click('button[aria-label="Move Critical up"]');
      await page.waitForSelector('h3:has-text("It would go to 4 channels")');
      await page.click('button.link:has-text("Add route")');
      await page.fill('#route-name', 'Nights');
      await page.check('dialog input[type=checkbox]');
      await page.locator('dialog [aria-label="Channels of step 1"] button').first().click();
      await page.click('dialog button:has-text("Add a step")');
      await page.locator('dialog [aria-label="Channels of step 2"] button').nth(1).click();
      await page.waitForSelector('dialog .answer:has-text("22:00–06:00")');
      await look('route-edit');
      await page.click('dialog button.primary');
      await page.waitForSelector('.route li:has-text("Nights")');
      expect((await page.locator('.route li').count()) === 6, 'one route more');
    },
  },
  {
    name: 'a host is silenced for the night, and a window is planned for Sundays',
    dark: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/routing?part=silences`);
      await page.waitForSelector('.cal .row');
      await look('silences', true);
      await page.keyboard.press('z');
      await page.fill('#mute-host', 'mx1.example.net');
      await page.keyboard.press('Tab');
      await page.waitForSelector('dialog .answer:has-text("Mutes 1 open incident now, 1 host")');
      await page.fill('#mute-words', 'newsletter tonight');
      await look('silence-new');
      await page.click('dialog button.primary');
      const row = page.locator('tr', { hasText: 'newsletter tonight' });
      await row.waitFor();
      await row.locator('button:has-text("End now")').click();
      await page.waitForSelector('text=Ended before: newsletter tonight');
      await page.click('.head button:has-text("Plan window")');
      await page.fill('#mute-words', 'backups');
      await page.click('dialog button.primary');
      await page.waitForSelector('tr:has-text("backups")');
      expect((await page.locator('.cal .row').count()) >= 3, 'it stands in the calendar');
    },
  },
  {
    name: 'routing on a phone',
    size: 'phone',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/routing`);
      await page.waitForSelector('.route li');
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide <= 0, `nothing sticks out to the right (${wide} px)`);
      await look('routing-phone', true);
    },
  },
];
