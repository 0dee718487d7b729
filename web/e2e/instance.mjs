// One instance: the story top-down, charts that zoom together, and what cannot be seen.
// @ts-check
import { hosts } from '../mock/story.mjs';

const gmail = hosts()[0]?.instances[0]?.id ?? '';
const of = (/** @type {string} */ name) => hosts().find((host) => host.name === name)?.instances[0]?.id ?? '';

/** How many pixels of the first chart are not its ground. @param {import('playwright-core').Page} page */
const painted = (page) =>
  page.evaluate(() => {
    const canvas = document.querySelector('.ts canvas');
    if (!(canvas instanceof HTMLCanvasElement)) return 0;
    const data =
      canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ??
      new Uint8ClampedArray();
    let count = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at]) count += 1;
    return count;
  });

/** @type {import('./harness.mjs').Journey[]} */
export const instance = [
  {
    name: 'from the fleet to the charts of an instance',
    anywhere: true,
    async run({ page, signIn, look, expect }) {
      await signIn();
      await page.locator('tr[data-row] a.host').first().click();
      await page.waitForURL(/\/instances\//);
      await page.waitForSelector('.ts canvas');
      await page.waitForTimeout(500);
      expect((await painted(page)) > 1_000, 'the first chart is painted');
      await look('instance', true);
    },
  },
  {
    name: 'the story of an instance in the dark: what, why, first step, marks, blind spots',
    dark: true,
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/instances/${gmail}`);
      await page.waitForSelector('.ts canvas');
      await page.waitForSelector('text=First step:');
      expect(
        (await page.locator('.health').innerText()).includes('Gmail answers 421-4.7.28'),
        'the cause is in the first panel',
      );
      await page.locator('#events').scrollIntoViewIfNeeded();
      await page.waitForSelector('#blind li');
      expect((await page.locator('#blind li').count()) === 2, 'blind spots are listed with their cure');
      await page.waitForTimeout(400);
      await look('instance-dark', true);
    },
  },
  {
    name: 'zoom by dragging moves all charts and the link, 0 goes back, t shows tables',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/instances/${gmail}`);
      await page.waitForSelector('.ts canvas');
      const box = await page.locator('.ts .u-over').first().boundingBox();
      if (!box) throw new Error('expected: a chart to drag on');
      await page.mouse.move(box.x + box.width * 0.5, box.y + 80);
      await page.waitForSelector('.tip .row');
      await look('instance-cursor');
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.9, box.y + 90, { steps: 6 });
      await page.mouse.up();
      await page.waitForURL(/from=.*to=/);
      const zoomed = page.url();
      await page.keyboard.press('0');
      await page.waitForURL((url) => !url.search.includes('from='));
      await page.goto(zoomed);
      await page.waitForSelector('.ts canvas');
      await page.keyboard.press('t');
      await page.waitForSelector('.asTable table');
      expect((await page.locator('.asTable tbody tr').count()) > 20, 'the points as a table');
      await look('instance-tables');
    },
  },
  {
    name: 'a chart by keyboard says each step aloud',
    async run({ page, site, signIn, expect }) {
      await signIn();
      await page.goto(`${site.url}/instances/${gmail}`);
      await page.waitForSelector('.ts canvas');
      await page.locator('.ts .plot').first().focus();
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      const said = await page.locator('section.panel:has(.ts) p.vh[aria-live]').first().innerText();
      expect(/^\d\d:\d\d:\d\d: deferred [\d,]+ messages/.test(said), `the step is spoken, not "${said}"`);
    },
  },
  {
    name: 'what cannot be seen is hatched, never zero',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/instances/${of('gw3.example.net')}`);
      await page.waitForSelector('.figs');
      expect(
        (await page.locator('.figs').innerText()).startsWith('Deferred\nnot visible'),
        'deferred is not visible',
      );
      await page.goto(`${site.url}/instances/${of('mx4.example.net')}`);
      await page.waitForSelector('.ts canvas');
      await look('instance-not-visible', true);
    },
  },
  {
    name: 'the instance page top-down: waiting, delivery, intake, TLS, processes, host, each asked when it is near',
    anywhere: true,
    async run({ page, signIn, look, expect }) {
      await signIn();
      await page.locator('tr[data-row] a.host').first().click();
      await page.waitForURL(/\/instances\//);
      await page.waitForSelector('.ts canvas');
      for (const part of ['waiting', 'delivery', 'intake', 'tls', 'processes', 'host']) {
        await page.click(`.jump a[href="#${part}"]`);
        await page.locator(`#${part}`).scrollIntoViewIfNeeded();
        await page.waitForSelector(`#${part} .panel`);
        await page.waitForFunction((id) => document.querySelectorAll(`#${id} .loading`).length === 0, part);
        await page.waitForTimeout(300);
        expect((await page.locator(`#${part} .panel`).count()) > 5, `${part} is told`);
        await look(`instance-${part}`);
      }
      const words = (await page.locator('th[scope=row]').allInnerTexts()).map((word) => word.trim());
      expect(!words.includes('other'), 'what the agent folded and what the limit cut are one row, "others"');
    },
  },
  {
    name: 'a chart becomes a CSV and a picture, by its own letters, and lies over last week by c',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/instances/${gmail}`);
      await page.waitForSelector('.ts canvas');
      await page.keyboard.press('c');
      await page.waitForURL(/vs=week/);
      await page.waitForSelector('.legend:has-text("last")');
      await look('instance-week');
      await page.locator('.ts .plot').first().focus();
      const [table] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('v')]);
      expect(table.suggestedFilename() === 'mailvane-queue-depth.csv', 'the table is named after its chart');
      const [picture] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('i')]);
      expect(picture.suggestedFilename() === 'mailvane-queue-depth.png', 'so is the picture');
    },
  },
  {
    name: 'an instance on a phone',
    size: 'phone',
    async run({ page, site, signIn, look, expect }) {
      await signIn();
      await page.goto(`${site.url}/instances/${gmail}`);
      await page.waitForSelector('.ts canvas');
      await page.waitForTimeout(400);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide <= 0, `nothing sticks out to the right (${wide} px)`);
      await look('instance-phone', true);
    },
  },
];
