// Incidents: why mail to one domain is stuck, and somebody takes it.
// @ts-check
import { id } from '../mock/story.mjs';
import { tell } from '../mock/server.mjs';

/** @type {import('./harness.mjs').Journey[]} */
export const incidents = [
  {
    name: 'the list of incidents opens, and has what ended',
    anywhere: true,
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.goto(`${site.url}/incidents`);
      await page.waitForSelector('h1:has-text("Incidents")');
      await page.click('text=Resolved');
      await page.waitForURL(/state=closed/);
      await page.waitForSelector('.inc, .empty');
      await look('incidents-resolved');
    },
  },
  {
    name: 'from the fleet to the cause, acknowledge, note, resolve, all by keyboard',
    dark: true,
    async run({ page, signIn, look, expect }) {
      await signIn();
      await page.click('.inc a:has-text("Gmail limits")');
      await page.waitForSelector('h1:has-text("Gmail limits our sending rate")');
      await page.waitForSelector('.ts canvas');
      await page.waitForTimeout(400);
      await look('incident-dark', true);
      await page.keyboard.press('a');
      await page.waitForSelector('.facts:has-text("Acknowledged")');
      await page.waitForSelector('.tl:has-text("Acknowledged by postmaster@example.org")');
      await page.keyboard.press('n');
      await page.waitForSelector('dialog[open] textarea');
      await page.keyboard.type('<img src=x onerror=alert(1)> limit put back');
      await look('incident-note');
      await page.click('dialog button.primary');
      await page.waitForSelector('.tl:has-text("limit put back")');
      expect((await page.locator('.tl img').count()) === 0, 'a note is text, whatever it holds');
      await page.click('text=Resolve …');
      await page.keyboard.type('limit back to 20');
      await page.click('dialog button.primary');
      await page.waitForSelector('.pill:has-text("Resolved")');
      await look('incident-resolved');
    },
  },
  {
    name: 'an incident on a phone has acknowledge on its first screen',
    size: 'phone',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/incidents/${id('inc', 4821)}`);
      const button = page.locator('button:has-text("Acknowledge")');
      await button.waitFor();
      const box = await button.boundingBox();
      expect(
        box !== null && box.y + box.height < 844 && box.height >= 44,
        'acknowledge is in reach and 44 px high',
      );
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide <= 0, `nothing sticks out to the right (${wide} px)`);
      await look('incident-phone', true);
    },
  },
  {
    name: 'news of an incident reaches an open page by itself',
    async run({ page, site, signIn }) {
      await signIn();
      await page.waitForSelector('.live:has-text("Live")');
      await page.waitForSelector('.rail .cnt:has-text("4")');
      site.mock?.state.resolved.set(id('inc', 4811), new Date().toISOString());
      if (site.mock) tell(site.mock.state, 'incident', { id: id('inc', 4811), kind: 'resolved' });
      await page.waitForSelector('.rail .cnt:has-text("3")');
    },
  },
];
