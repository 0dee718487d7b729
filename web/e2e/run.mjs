// Plays every journey, one after the other. `npm run e2e -- fleet` plays those whose name holds the word;
// MAILVANE_URL, MAILVANE_EMAIL and MAILVANE_PASSWORD play the journeys that fit any server against that one.
// @ts-check
import { existsSync } from 'node:fs';

import { channels } from './channels.mjs';
import { explore } from './explore.mjs';
import { fleet } from './fleet.mjs';
import { launch, playAll } from './harness.mjs';
import { hosts } from './hosts.mjs';
import { incidents } from './incidents.mjs';
import { instance } from './instance.mjs';
import { newcomer } from './newcomer.mjs';
import { people } from './people.mjs';
import { session } from './session.mjs';
import { states } from './states.mjs';
import { triggers } from './triggers.mjs';
import { views } from './views.mjs';

if (!process.env.MAILVANE_URL && !existsSync(new URL('../dist/index.html', import.meta.url))) {
  console.error('No built pages in web/dist: npm run build');
  process.exit(1);
}
const word = process.argv[2] ?? '';
// With MAILVANE_MAILS, the journal of what the server sends, nobody is in it yet: the newcomer's journey alone.
const known = [
  ...session,
  ...fleet,
  ...instance,
  ...explore,
  ...incidents,
  ...channels,
  ...triggers,
  ...hosts,
  ...people,
  ...views,
  ...states,
].filter((journey) => !process.env.MAILVANE_URL || journey.anywhere);
const all = (process.env.MAILVANE_MAILS ? newcomer : known).filter((journey) => journey.name.includes(word));

const browser = await launch();
const failed = await playAll(browser, all);
await browser.close();
console.log(`e2e: ${all.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
