// Triggers: read them, move a threshold, make one, and lose nothing on the way.
// @ts-check

/** @type {import('./harness.mjs').Journey[]} */
export const triggers = [
  {
    name: 'triggers are listed in words, and one opens for editing',
    anywhere: true,
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.goto(`${site.url}/triggers`);
      await page.waitForSelector('tr:has-text("queue.deferred.high")');
      await look('triggers');
      await page.locator('tr', { hasText: 'queue.deferred.high' }).locator('text=Edit').click();
      await page.waitForSelector('#trigger-fire');
      await look('trigger-edit');
    },
  },
  {
    name: 'a threshold moves with its sentence, and what would flap is not saved',
    async run({ page, site, signIn, expect }) {
      await signIn();
      await page.goto(`${site.url}/triggers`);
      await page.locator('tr', { hasText: 'queue.deferred.high' }).locator('text=Edit').click();
      await page.fill('#trigger-fire', '500');
      await page.waitForSelector('.answer:has-text("over 500 messages")');
      await page.click('dialog button.primary');
      await page.waitForSelector('dialog .bad:has-text("flaps")');
      await page.fill('#trigger-clear', '300');
      await page.click('dialog button.primary');
      await page.waitForSelector('tr:has-text("over 500 messages")');
      expect(!page.url().includes('edit='), 'the editor is closed');
    },
  },
  {
    name: 'make a trigger; a name that exists keeps all that was typed',
    async run({ page, site, signIn, expect }) {
      await signIn();
      await page.goto(`${site.url}/triggers`);
      await page.click('text=New trigger');
      await page.fill('#trigger-name', 'agent.silent');
      await page.fill('#trigger-metric', 'reject.total');
      await page.fill('#trigger-fire', '50');
      await page.fill('#trigger-clear', '10');
      await page.click('dialog button.primary');
      await page.waitForSelector('dialog .bad:has-text("the name exists")');
      expect((await page.inputValue('#trigger-fire')) === '50', 'the figures are kept');
      await page.fill('#trigger-name', 'rejects.many');
      await page.click('dialog button.primary');
      await page.waitForSelector('tr:has-text("rejects.many")');
    },
  },
];
