// People: come in, be invited, prove oneself twice, hand out tokens, leave traces.
// @ts-check

/** @type {import('./harness.mjs').Journey[]} */
export const people = [
  {
    name: 'make an account: what is missing is told, the link opens it and leads to the first host',
    async run({ page, site, look, expect }) {
      await page.goto(`${site.url}/signin`);
      await page.click('a:has-text("Make one")');
      await page.fill('#name', 'Paula');
      await page.fill('#tenant', 'Example Post');
      await page.fill('#email', 'paula@example.org');
      await page.fill('#password', 'short');
      await page.click('button.primary');
      await page.waitForSelector('.bad:has-text("At least 12 characters")');
      expect((await page.inputValue('#tenant')) === 'Example Post', 'nothing typed is lost');
      await look('sign-up');
      await page.fill('#password', 'four words for mail');
      await page.click('button.primary');
      await page.click('a:has-text("your link")');
      await page.waitForURL(/\/add-host/);
      expect(!page.url().includes('token'), 'the token stays not in the address');
    },
  },
  {
    name: 'forget the password, choose a new one; a link that was used says so',
    dark: true,
    async run({ page, site, look }) {
      await page.goto(`${site.url}/signin`);
      await page.click('text=Forgot the password?');
      await page.fill('#email', 'paula@example.org');
      await page.keyboard.press('Enter');
      await page.waitForSelector('h1:has-text("Look into your mail")');
      await look('forgot');
      await page.goto(`${site.url}/reset#token=used`);
      await page.fill('#password', 'four words for mail');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.bad:has-text("This link was used")');
      await look('reset-used');
      await page.goto('about:blank');
      await page.goto(`${site.url}/reset#token=good`);
      await page.fill('#password', 'four words for mail');
      await page.keyboard.press('Enter');
      await page.waitForSelector('h1:has-text("The password is changed")');
    },
  },
  {
    name: 'an invitation is accepted on a phone',
    size: 'phone',
    async run({ page, site, look }) {
      await page.goto(`${site.url}/invitation#token=good`);
      await page.fill('#name', 'Nightwatch');
      await page.fill('#password', 'four words for mail');
      await look('invitation');
      await page.click('button.primary');
      await page.waitForSelector('tr[data-row]');
    },
  },
  {
    name: 'a second factor is set up with a code, keeps its recovery codes, and is asked for at sign-in',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.click('button.who');
      await page.click('.menu a:has-text("Account")');
      await page.waitForSelector('h2:has-text("Sessions")');
      await look('account', true);
      await page.click('button:has-text("Set up")');
      await page.waitForSelector('img[alt="QR code of your secret"]');
      await look('totp');
      await page.fill('#code', '000000');
      await page.click('button:has-text("Switch on")');
      await page.waitForSelector('.bad');
      await page.fill('#code', '123456');
      await page.click('button:has-text("Switch on")');
      await page.waitForSelector('.codes li');
      await page.fill('#old', 'wrong');
      await page.fill('#fresh', 'four words for mail');
      await page.click('button:has-text("Change password")');
      await page.waitForSelector('.bad:has-text("not your present password")');
      expect((await page.inputValue('#fresh')) === 'four words for mail', 'what was typed is kept');
      await page.click('tr:has-text("198.51.100.23") button');
      await page.waitForFunction(() => !document.body.innerText.includes('198.51.100.23'));
      await page.click('button.who');
      await page.click('text=Sign out');
      await page.waitForURL(/\/signin/);
      await page.fill('#email', site.email);
      await page.fill('#password', site.password);
      await page.keyboard.press('Enter');
      await page.waitForSelector('#code:focus');
      await look('signin-code');
      await page.keyboard.type('123456');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.app');
    },
  },
  {
    name: 'settings: invite a colleague, give another role, make and revoke a token',
    async run({ page, site, signIn, look }) {
      await signIn();
      await page.goto(`${site.url}/settings`);
      await page.fill('#invite-email', 'night@example.org');
      await page.click('button:has-text("Invite")');
      await page.waitForSelector('.answer code:has-text("invitation#token=")');
      await look('settings-members');
      await page.selectOption('select[aria-label="Role of gateway-team@example.org"]', 'admin');
      await page.waitForSelector('.toasts:has-text("gateway-team@example.org is admin now")');
      await page.click('a:has-text("API tokens")');
      await page.fill('#token-name', 'nightly');
      await page.click('button:has-text("Make token")');
      await page.waitForSelector('code:has-text("mv_api_9x_example_only_shown_once")');
      await look('settings-tokens');
      await page.locator('tr', { hasText: 'nightly' }).locator('button').click();
      await page.click('dialog button.danger');
      await page.waitForSelector('tr:has-text("nightly"):has-text("revoked")');
    },
  },
  {
    name: 'settings: audit is filtered, retention says what it costs and what the plan forbids, sign-on is set up',
    dark: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/settings?part=audit`);
      await page.waitForSelector('tbody tr');
      await page.waitForSelector('a:has-text("Export CSV")');
      await look('settings-audit');
      await page.goto(`${site.url}/settings?part=retention`);
      await page.fill('#keep-raw_days', '9999');
      await page.click('button:has-text("Save")');
      await page.waitForSelector('.bad:has-text("More than the plan keeps")');
      expect((await page.inputValue('#keep-raw_days')) === '9999', 'what was typed is kept');
      await look('settings-retention');
      await page.goto(`${site.url}/settings?part=sso`);
      await page.fill('#sso-issuer', 'https://login.example.org');
      await page.fill('#sso-client', 'mailvane');
      await page.fill('#sso-secret', 'hush');
      await page.fill('#sso-domains', 'example.org');
      await page.click('button:has-text("Save")');
      await page.waitForSelector('text=Set up for example.org');
      await look('settings-sso');
      await page.goto(`${site.url}/settings?part=plan`);
      await page.waitForSelector('dt:has-text("Hosts")');
      await look('settings-plan');
    },
  },
  {
    name: 'the weekly report, and the status of the service itself',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/reports`);
      await page.waitForSelector('h2:has-text("Worst domains")');
      expect((await page.locator('.bars').count()) === 7, 'seven days');
      await look('report', true);
      await page.click('button:has-text("Week before")');
      await page.waitForURL(/week=\d{4}-/);
      await page.goto(`${site.url}/status`);
      await page.waitForSelector('h2:has-text("All parts work")');
      await look('status');
    },
  },
];
