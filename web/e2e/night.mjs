// The first night of a postmaster, against the real server: everything a new person has to do, found on the pages alone.
// Each of the tasks must be done within two minutes of clicking, waiting for the server included.
// @ts-check

/** What one task may take a new person, waiting included. */
const TASK_MS_MAX = 120_000;
/** Mail that cannot leave must have waited before it counts as deferred. */
const STUCK_MS_MAX = 60_000;
const PASSWORD = 'four words for mail';

/** @param {() => boolean} done @param {string} words @param {number} [most] */
async function until(done, words, most = 30_000) {
  const end = Date.now() + most;
  while (!done()) {
    if (Date.now() > end) throw new Error(`expected: ${words}`);
    await new Promise((resume) => setTimeout(resume, 200));
  }
}

/** Plays a task and tells how long it took. @param {string} name @param {() => Promise<void>} run */
async function task(name, run) {
  const begun = Date.now();
  await run();
  const took = Date.now() - begun;
  console.log(`  ${name}: ${(took / 1000).toFixed(1)} s`);
  if (took > TASK_MS_MAX) throw new Error(`expected: ${name} within two minutes, not ${took} ms`);
}

/** @param {import('./lab.mjs').Lab} stack @returns {import('./harness.mjs').Journey[]} */
export const night = (stack) => [
  {
    name: 'an account is made, its mail opens it, and the first host of the empty tenant turns green',
    async run({ page, site, look, expect }) {
      await task('make an account', async () => {
        await page.goto(`${site.url}/signin`);
        await page.click('a:has-text("Make one")');
        await page.fill('#name', 'Paula');
        await page.fill('#tenant', 'Example Post');
        await page.fill('#email', 'paula@example.test');
        await page.fill('#password', PASSWORD);
        await page.click('button.primary');
        const mine = () => stack.mails.find((mail) => mail.to === 'paula@example.test');
        await until(() => mine() !== undefined, 'the mail with the link arrives');
        const link = /https?:\/\/\S+token=\S+/.exec(mine()?.text ?? '')?.[0] ?? '';
        await page.goto(link);
        await page.waitForURL(/\/add-host/);
        expect(!page.url().includes('token'), 'the token stays not in the address');
      });
      await task('add a host', async () => {
        await page.goto(site.url);
        await page.waitForSelector('text=No hosts yet. One command adds the first.');
        await look('night-empty');
        await page.click('.welcome >> text=Add host');
        await page.click('text=Make key and show the commands');
        await page.waitForSelector('.cmd code');
        await look('night-key');
        const words = (await page.locator('.steps .cmd code').allInnerTexts()).join('\n');
        const key = /mv_enr_\w+/.exec(words)?.[0];
        if (!key) throw new Error('expected: the key stands in the commands');
        await stack.agent('paula', key);
        await page.waitForSelector('text=First sample received', { timeout: 60_000 });
        await look('night-green');
        await page.click('text=Open its charts');
        await page.waitForSelector('.ts canvas');
      });
    },
  },
  {
    name: 'a trigger is made with a live preview on history, and its incident opens by itself',
    needed: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.waitForSelector('tr[data-row] a.host');
      await page.goto(`${site.url}/triggers`);
      await page.click('text=New trigger');
      await page.fill('#trigger-name', 'mail.stuck');
      await page.fill('#trigger-metric', 'queue.deferred.messages');
      await page.fill('#trigger-fire', '2');
      await page.fill('#trigger-clear', '1');
      await page.fill('#trigger-hold', '0');
      await page.waitForSelector('.preview h3:has-text("Would have fired")');
      await look('night-trigger');
      await page.fill('#trigger-fire', '3');
      await page.waitForSelector('.answer:has-text("over 3 messages")');
      await page.click('dialog button.primary');
      await page.waitForSelector('tr:has-text("mail.stuck")');
      await page.goto(`${site.url}/incidents`);
      await page.waitForSelector('.inc .what a', { timeout: STUCK_MS_MAX });
      expect((await page.locator('.rail .cnt').innerText()) !== '0', 'the rail counts it');
      await page.goto(`${site.url}/`);
      await page.waitForSelector('tr[data-row] .spark, tr[data-row] svg');
      await page.waitForSelector('.inc .what a');
      await look('night-fleet');
    },
  },
  {
    name: 'why mail to one domain is stuck: from the fleet to the cause, acknowledged, noted, by keyboard',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await task('find why mail to one domain is stuck', async () => {
        await page.click('.inc .what a');
        await page.waitForURL(/\/incidents\//);
        await page.waitForSelector('h2:has-text("Cause")');
        await page.waitForSelector('.ts canvas');
        await look('night-incident', true);
        const place = await page.locator('.facts a[href^="/instances/"]').first().getAttribute('href');
        await page.goto(`${site.url}${place}`);
        await page.locator('#delivery').scrollIntoViewIfNeeded();
        await page.waitForSelector('#delivery .panel th[scope=row]');
        const words = await page.locator('#delivery').innerText();
        expect(/\.test/.test(words), 'the domains that wait are named');
        expect(/4\d\d/.test(words), 'and what their servers answer');
      });
      await page.goBack();
      await page.waitForSelector('h2:has-text("Cause")');
      await page.keyboard.press('a');
      await page.waitForSelector('.facts:has-text("Acknowledged")');
      await page.keyboard.press('n');
      await page.waitForSelector('dialog[open] textarea');
      await page.keyboard.type('<img src=x onerror=alert(1)> asked their postmaster');
      await page.click('dialog button.primary');
      await page.waitForSelector('.tl:has-text("asked their postmaster")');
      expect((await page.locator('.tl img').count()) === 0, 'a note is text, whatever it holds');
    },
  },
  {
    name: 'Telegram, mail and a webhook are added and tested, and the receivers have it',
    needed: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await task('add Telegram', async () => {
        await page.click('nav a:has-text("Routing")');
        await page.click('.head button:has-text("Add channel")');
        await page.selectOption('#channel-kind', 'telegram');
        await page.fill('#channel-name', 'Watch of the night');
        await page.fill('#channel-bot_token', '123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawA');
        await page.fill('#channel-chat_id', '-100200300');
        await look('night-telegram');
        await page.click('dialog button.primary');
        const row = page.locator('tr', { hasText: 'Watch of the night' });
        await row.locator('button:has-text("Send test")').click();
        await page.waitForSelector('.answer:has-text("Delivered")');
      });
      expect(
        stack.posts.some((post) => /^\/bot.*\/sendMessage$/.test(post.path)),
        'Telegram got the message',
      );
      await page.click('.head button:has-text("Add channel")');
      await page.selectOption('#channel-kind', 'webhook');
      await page.fill('#channel-name', 'tickets');
      await page.fill('#channel-url', `http://127.0.0.1:${stack.receivers}/hook`);
      await page.click('dialog button.primary');
      await page.waitForSelector('.answer code:has-text("whsec_")');
      await page.locator('tr', { hasText: 'tickets' }).locator('button:has-text("Send test")').click();
      await page.waitForSelector('.answer:has-text("Delivered")');
      expect(
        stack.posts.some((post) => post.path === '/hook'),
        'the webhook got the test',
      );
      await page.locator('tr', { hasText: 'tickets' }).locator('button:has-text("Log")').click();
      await page.waitForSelector('h2:has-text("Delivery log of tickets")');
      await look('night-channels', true);
      await page.goto(`${site.url}/routing`);
      await page.waitForSelector('tr:has-text("tickets")');
      expect(!(await page.content()).includes('whsec_'), 'the secret is never shown again');
    },
  },
  {
    name: 'routes: a route of one’s own, and where would this go',
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.goto(`${site.url}/routing`);
      await page.click('button.link:has-text("Add route")');
      await page.fill('#route-name', 'Nights');
      await page.locator('dialog [aria-label="Channels of step 1"] button').first().click();
      await page.click('dialog button:has-text("Add a step")');
      await page.locator('dialog [aria-label="Channels of step 2"] button').nth(1).click();
      await page.click('dialog button.primary');
      await page.waitForSelector('.route li:has-text("Nights")');
      await page.selectOption('#where-trigger', { label: 'mail.stuck' });
      await page.waitForSelector('.route li.hit');
      await page.waitForSelector('h3:has-text("It would go to 2 channels")');
      await look('night-routing', true);
    },
  },
  {
    name: 'a host is silenced for the night, the silence ends by a click, a window is planned',
    dark: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await task('silence a host for the night', async () => {
        await page.locator('tr[data-row] a.host').first().click();
        await page.waitForURL(/\/instances\//);
        await page.click('.head >> text=Silence');
        await page.waitForSelector('dialog .answer:has-text("1 host")');
        await look('night-silence');
        await page.fill('#mute-words', 'kernel update');
        await page.click('dialog button.primary');
        await page.waitForSelector('tr:has-text("kernel update")');
      });
      await page.waitForSelector('.cal .row');
      await look('night-silences', true);
      await page.goto(`${site.url}/routing`);
      await page.waitForSelector('.strip:has-text("Muted by")').catch(() => undefined);
      await page.goto(`${site.url}/routing?part=silences`);
      await page.locator('tr', { hasText: 'kernel update' }).locator('button:has-text("End now")').click();
      await page.waitForSelector('text=Ended before: kernel update');
      await page.click('.head button:has-text("Plan window")');
      await page.fill('#mute-words', 'backups');
      await page.click('dialog button.primary');
      await page.waitForSelector('tr:has-text("backups")');
      expect((await page.locator('.cal .row').count()) >= 1, 'it stands in the calendar');
    },
  },
  {
    name: 'a colleague is invited by mail, comes in, and sees the fleet',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await task('invite a colleague', async () => {
        await page.click('nav a:has-text("Settings")');
        await page.fill('#invite-email', 'night@example.test');
        await page.selectOption('#invite-role', 'operator');
        await page.click('button:has-text("Invite")');
        await page.waitForSelector('.answer:has-text("A link is on its way")');
        await look('night-invited');
      });
      const mine = () => stack.mails.find((mail) => mail.to === 'night@example.test');
      await until(() => mine() !== undefined, 'the invitation arrives');
      const link = /https?:\/\/\S+token=\S+/.exec(mine()?.text ?? '')?.[0] ?? '';
      const fresh = await page.context().browser()?.newContext();
      if (!fresh) throw new Error('expected: a second browser');
      const theirs = await fresh.newPage();
      await theirs.goto(link);
      await theirs.fill('#name', 'Nightwatch');
      await theirs.fill('#password', PASSWORD);
      await theirs.click('button.primary');
      await theirs.waitForSelector('tr[data-row]');
      await theirs.goto(`${site.url}/settings`);
      await theirs.waitForSelector('tr:has-text("Nightwatch")');
      expect((await theirs.locator('#invite-email').count()) === 0, 'an operator invites nobody');
      await fresh.close();
    },
  },
  {
    name: 'settings: a token is made and revoked, a key is revoked, the audit has it, the rest is shown',
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.goto(`${site.url}/settings?part=tokens`);
      await page.fill('#token-name', 'nightly');
      await page.click('button:has-text("Make token")');
      await page.waitForSelector('code:has-text("mv_api_")');
      await page.locator('tr', { hasText: 'nightly' }).locator('button').click();
      await page.click('dialog button.danger');
      await page.waitForSelector('tr:has-text("nightly"):has-text("revoked")');
      await page.goto(`${site.url}/settings?part=keys`);
      await page.locator('text=Revoke …').first().click();
      await page.click('dialog button.danger');
      await page.waitForSelector('td:has-text("revoked")');
      await page.goto(`${site.url}/settings?part=audit`);
      await page.waitForSelector('tbody tr:has-text("token")');
      await look('night-audit');
      await page.goto(`${site.url}/settings?part=retention`);
      await page.waitForSelector('#keep-raw_days');
      await page.goto(`${site.url}/settings?part=sso`);
      await page.waitForSelector('#sso-issuer');
      await page.goto(`${site.url}/settings?part=plan`);
      await page.waitForSelector('dt:has-text("Hosts")');
    },
  },
  {
    name: 'search and keys: / finds host, metric and page, ? lists the keys',
    async run({ page, signIn, look }) {
      await signIn();
      await page.waitForSelector('tr[data-row] a.host');
      await page.keyboard.press('?');
      await page.waitForSelector('dialog[open] .keys');
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog[open]', { state: 'detached' });
      const host = (await page.locator('tr[data-row] a.host').first().innerText()).split(/\s/)[0] ?? '?';
      for (const [words, wanted, lands] of [
        [host, `${host} / postfix-lab`, /\/(instances|hosts)\//],
        ['delivery.bounced', 'delivery.bounced', /\/explore\?/],
        ['silence', 'Silences and', /\/routing/],
      ]) {
        await page.keyboard.press('/');
        await page.waitForSelector('.finder input:focus');
        await page.keyboard.type(String(words));
        await page.waitForSelector(`.finder li:has-text("${wanted}")`);
        if (words === host) await look('night-finder');
        for (let step = 0; step < 10; step += 1) {
          const selected = await page.locator('.finder li[aria-selected=true]').innerText();
          if (selected.includes(String(wanted)) && !/incident/i.test(selected)) break;
          await page.keyboard.press('ArrowDown');
        }
        await page.keyboard.press('Enter');
        await page.waitForURL((url) => /** @type {RegExp} */ (lands).test(url.href));
      }
    },
  },
  {
    name: 'the weekly report and the status of the service, from real figures',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      const monday = new Date();
      monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
      await page.goto(`${site.url}/reports?week=${monday.toISOString().slice(0, 10)}`);
      await page.waitForSelector('h2:has-text("Worst domains")');
      expect((await page.locator('.bars').count()) === 7, 'seven days');
      await look('night-report', true);
      await page.goto(`${site.url}/status`);
      await page.waitForSelector('h2:has-text("All parts work")');
      await look('night-status');
    },
  },
];
