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
  {
    name: 'every kind of trigger has its fields, and the preview says what it would have done',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/triggers?new=queue.deferred.messages&tag=outbound`);
      await page.waitForSelector('.preview h3:has-text("Would have fired")');
      expect((await page.inputValue('#trigger-tags')) === 'outbound', 'the tag of the chart came along');
      await page.fill('#trigger-fire', '150');
      await page.fill('#trigger-clear', '100');
      await page.waitForSelector('.preview tbody tr');
      await page.waitForSelector('.preview canvas');
      await look('trigger-preview');
      for (const kind of [
        'ratio',
        'rate',
        'count',
        'growth',
        'absence',
        'baseline',
        'event',
        'per_key',
        'silent',
      ]) {
        await page.selectOption('#trigger-kind', kind);
        await page.waitForSelector('.preview h3:has-text("Would have fired")');
      }
      await page.selectOption('#trigger-kind', 'ratio');
      await page.fill('#trigger-name', 'deferred.share');
      await page.fill('#trigger-fire', '30');
      await page.waitForSelector('.answer:has-text("is over 30.0")');
      await page.click('dialog button.primary');
      await page.waitForSelector('tr:has-text("deferred.share"):has-text("as share of")');
    },
  },
];
