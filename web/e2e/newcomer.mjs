// Somebody new, on a server with nobody in it that sends real mail: from the first page to a second member who only
// looks, and a key that was taken back. `mailvane-lab with-newcomer -- npm --prefix web run e2e:newcomer` plays it.
// @ts-check
import { readFileSync } from 'node:fs';

/** How long a letter may take, milliseconds. */
const LETTER_MS = 20_000;

/** The newest mail to an address, its soft line breaks undone. @param {string} to @param {string} subject */
async function letter(to, subject) {
  const begun = Date.now();
  while (Date.now() - begun < LETTER_MS) {
    const lines = readFileSync(process.env.MAILVANE_MAILS ?? '', 'utf8')
      .split('\n')
      .filter(Boolean);
    const mails = lines.map((line) => /** @type {{ to: string[], text: string }} */ (JSON.parse(line)));
    const found = mails.findLast((mail) => mail.to.includes(to) && mail.text.includes(subject));
    if (found) return found.text.replaceAll('=\r\n', '').replaceAll('=3D', '=');
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`no mail to ${to} in ${LETTER_MS} ms`);
}

/** @param {string} text @param {string} path */
function link(text, path) {
  const found = text.match(new RegExp(`https?://[^\\s"<>]+/${path}#token=[\\w-]+`));
  if (!found) throw new Error(`no link to /${path} in:\n${text}`);
  return found[0];
}

/** @type {import('./harness.mjs').Journey[]} */
export const newcomer = [
  {
    name: 'a newcomer makes an account, invites a colleague who only looks, makes a key and takes it back',
    async run({ page, site, look, expect, beside }) {
      await page.goto(site.url);
      await page.waitForURL(/\/signin/);
      await look('new-1-signin');
      await page.click('a:has-text("Make one")');
      await page.fill('#name', 'Paula');
      await page.fill('#tenant', 'Kestrel Mail');
      await page.fill('#email', 'paula@kestrel.example');
      await page.fill('#password', 'three blue kettles sing');
      await page.click('button.primary');
      await page.waitForSelector('h1:has-text("Look into your mail")');
      await look('new-2-look-into-your-mail');
      await page.goto(link(await letter('paula@kestrel.example', 'sign-up/confirm'), 'sign-up/confirm'));
      await page.waitForURL(/\/add-host$/);
      await page.waitForSelector('button:has-text("Make key")');
      await look('new-3-welcome');

      await page.click('a:has-text("Settings")');
      await page.waitForSelector('#invite-email');
      await page.fill('#invite-email', 'victor@kestrel.example');
      await page.selectOption('#invite-role', 'viewer');
      await page.click('button:has-text("Invite")');
      await page.waitForSelector('.answer:has-text("on its way to victor@kestrel.example")');
      await look('new-4-invited', true);

      const victor = await beside();
      await victor.page.goto(link(await letter('victor@kestrel.example', 'invitation'), 'invitation'));
      await victor.page.fill('#name', 'Victor');
      await victor.page.fill('#password', 'four grey herons fish');
      await victor.look('new-5-invitation');
      await victor.page.click('button.primary');
      await victor.page.waitForSelector('.app');
      await victor.page.waitForFunction(() => !document.querySelector('.loading'));
      await victor.look('new-6-viewer');
      await victor.page.goto(`${site.url}/add-host`);
      await victor.page.waitForSelector('text=Your role may look, not add hosts');
      await victor.look('new-7-viewer-adds-no-host');
      await victor.page.goto(`${site.url}/settings`);
      await victor.page.waitForSelector('th:has-text("Paula")');
      expect((await victor.page.locator('#invite-email').count()) === 0, 'a viewer invites nobody');

      await page.goto(`${site.url}/add-host`);
      await page.fill('#comment', 'mx1');
      await page.click('button:has-text("Make key")');
      await page.waitForSelector('.cmd code:has-text("mv_enr_")');
      await look('new-8-key', true);
      await page.click('a:has-text("Revoke keys")');
      await page.locator('tr', { hasText: 'mx1' }).locator('button:has-text("Revoke")').click();
      await look('new-9-revoke');
      await page.click('dialog button.danger');
      await page.waitForSelector('tr:has-text("mx1"):has-text("revoked")');
      expect((await page.locator('tr:has-text("mx1") button').count()) === 0, 'it is revoked once');
      await look('new-10-revoked');
      await page.click('a:has-text("Audit")');
      await page.waitForSelector('tr:has-text("enrolment_key.revoke")');
      await look('new-11-audit', true);
    },
  },
];
