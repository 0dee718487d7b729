// Adding a host: the commands, the waiting, and the moment it turns green by itself. Then settings.
// @ts-check
import { enrolHost } from '../mock/server.mjs';

/** @type {import('./harness.mjs').Journey[]} */
export const hosts = [
  {
    name: 'a key is made and the commands are shown with it',
    anywhere: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/add-host`);
      await page.click('text=Make key and show the commands');
      await page.waitForSelector('.cmd code');
      expect(
        (await page.locator('.steps .cmd').allInnerTexts()).some((text) => text.includes('mv_enr_')),
        'the key stands in a command',
      );
      await look('add-host-waiting');
    },
  },
  {
    name: 'the first host of an empty tenant turns green without a click',
    empty: true,
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.waitForSelector('text=No hosts yet. One command adds the first.');
      await look('fleet-empty');
      await page.click('.welcome >> text=Add host');
      await page.click('text=Make key and show the commands');
      await page.waitForSelector('.cmd code');
      if (site.mock) enrolHost(site.mock.state, 2_500);
      await page.waitForSelector('h2:has-text("mx65.example.net")');
      await page.waitForSelector('text=Waiting for the first sample');
      await page.waitForSelector('text=First sample received');
      await look('add-host-green');
      await page.click('text=Open its charts');
      await page.waitForSelector('h1:has-text("mx65.example.net")');
    },
  },
  {
    name: 'settings: members, keys, audit',
    anywhere: true,
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.goto(`${site.url}/settings`);
      await page.waitForSelector('tbody tr');
      await look('settings-members');
      await page.click('nav.seg >> text=Enrolment keys');
      await page.waitForSelector('tbody tr, .empty');
      await look('settings-keys');
      await page.click('nav.seg >> text=Audit');
      await page.waitForSelector('tbody tr, .empty');
      await look('settings-audit');
    },
  },
  {
    name: 'revoking a key names its effect first',
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.goto(`${site.url}/settings?part=keys`);
      await page.click('text=Revoke …');
      await page.waitForSelector('dialog >> text=it admits nobody any more');
      await look('settings-revoke');
      await page.click('dialog button.danger');
      await page.waitForSelector('td:has-text("revoked")');
    },
  },
];
