import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { GENERATED } from './commands.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
/** It asks nobody but the page: everything that a browser does in the background is off. */
const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
const PHONE = { width: 390, height: 844 };
const DEADLINE_MS = 60_000;

export const DOCS_PAGE = {
  name: 'the page /docs in Chromium, 390 px wide',
  missing: () => (CHROMIUM ? null : 'Chromium'),
  async check({ API_URL, API_KEY }) {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
    try {
      const context = await browser.newContext({ viewport: PHONE });
      context.setDefaultTimeout(DEADLINE_MS);
      const page = await context.newPage();
      const errors = [];
      page.on('pageerror', (error) => errors.push(error.message));

      await page.goto(`${API_URL}/`);
      assert.equal(page.url(), `${API_URL}/docs`);
      await page.waitForSelector('.opblock');
      assert.equal(await page.locator('.opblock-tag').first().getAttribute('data-tag'), 'Subscriptions');
      await fits(page, 'closed');

      // Words of several places: the tag, the path, the summary.
      await page.fill('.operation-filter-input', 'deliveries list');
      await page.waitForFunction(() => document.querySelectorAll('[id^="operations-"].opblock').length < 10);
      await page.click('#operations-Deliveries-listDeliveries .opblock-summary-control');
      await page.waitForSelector('.opblock-body .responses-wrapper');
      await fits(page, 'open');
      await page.screenshot({ path: `${GENERATED}/docs.png`, fullPage: true });

      await page.click('.btn.authorize');
      await page.fill('.auth-container input', API_KEY);
      await page.click('.auth-btn-wrapper .authorize');
      await page.reload();
      await page.waitForSelector('.btn.authorize.locked');
      assert.deepEqual(errors, []);
    } finally {
      await browser.close();
    }
  },
};

/** Nothing is wider than the window: it is read without being moved sideways. */
async function fits(page, state) {
  const widest = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(widest <= PHONE.width, `the page is ${widest} px wide while an operation is ${state}`);
}
