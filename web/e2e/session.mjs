// Signing in and out.
// @ts-check

/** @type {import('./harness.mjs').Journey[]} */
export const session = [
  {
    name: 'a wrong password is told at the field, a right one leads where the person wanted to go',
    anywhere: true,
    async run({ page, site, look, expect }) {
      await page.goto(`${site.url}/incidents?state=all`);
      await page.waitForURL(/\/signin\?back=/);
      await look('signin');
      await page.fill('#email', site.email);
      await page.fill('#password', 'not the password');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#signin-fault:not([hidden])');
      expect(
        (await page.getAttribute('#password', 'aria-invalid')) === 'true',
        'the password field is marked',
      );
      expect((await page.inputValue('#email')) === site.email, 'the address is kept');
      await look('signin-wrong');
      await page.fill('#password', site.password);
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/incidents\?state=all/);
      await page.waitForSelector('h1:has-text("Incidents")');
    },
  },
  {
    name: 'after signing out the pages are closed again',
    anywhere: true,
    async run({ page, site, signIn }) {
      await signIn();
      await page.click('button.who');
      await page.click('text=Sign out');
      await page.waitForURL(/\/signin/);
      await page.goto(`${site.url}/routing`);
      await page.waitForURL(/\/signin\?back=/);
    },
  },
  {
    name: 'sign in by keyboard alone, on a phone, in the dark',
    size: 'phone',
    dark: true,
    async run({ page, site, look }) {
      await page.goto(`${site.url}/signin`);
      await page.waitForSelector('#email:focus');
      await page.keyboard.type(site.email);
      await page.keyboard.press('Tab');
      await page.keyboard.type(site.password);
      await page.keyboard.press('Enter');
      await page.waitForSelector('.tabbar');
      await page.waitForSelector('tr[data-row]');
      await look('fleet-phone-dark');
    },
  },
];
