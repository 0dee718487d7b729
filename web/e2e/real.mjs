// Plays every journey against the real server: its PostgreSQL, an agent, a lab Postfix with mail that gets stuck, and
// receivers that keep what they were told. `npm run e2e:real -- WORD` plays those whose name holds the word; those
// marked `needed` are played in any case, because the others stand on what they did.
// @ts-check
import { channels } from './channels.mjs';
import { explore } from './explore.mjs';
import { fleet } from './fleet.mjs';
import { launch, playAll } from './harness.mjs';
import { hosts } from './hosts.mjs';
import { incidents } from './incidents.mjs';
import { instance } from './instance.mjs';
import { lab } from './lab.mjs';
import { night } from './night.mjs';
import { session } from './session.mjs';
import { states } from './states.mjs';
import { sweep } from './sweep.mjs';
import { triggers } from './triggers.mjs';
import { views } from './views.mjs';

const word = process.argv[2] ?? '';
const stack = await lab();
process.env.MAILVANE_URL = stack.url;
process.env.MAILVANE_EMAIL = stack.email;
process.env.MAILVANE_PASSWORD = stack.password;
const anywhere = [
  ...session,
  ...fleet,
  ...instance,
  ...explore,
  ...incidents,
  ...channels,
  ...triggers,
  ...hosts,
  ...views,
  ...states,
].filter((journey) => journey.anywhere);
const all = [...night(stack), ...anywhere, ...sweep].filter(
  (journey) => journey.needed || journey.name.includes(word),
);
const browser = await launch();
const failed = await playAll(browser, all);
await browser.close();
await stack.close();
console.log(`e2e: ${all.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
