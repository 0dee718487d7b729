// The real thing for the journeys: server on its own PostgreSQL, agent and lab Postfix as `./dev up` brings them, and
// beside them receivers that keep what came: a mail server, Slack, Telegram, a webhook. Loopback only.
// @ts-check
import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createTcp } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TARGET = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL('../../target', import.meta.url));
/** Where the built programs lie. */
export const BINARIES = process.env.MAILVANE_BINARIES ?? `${TARGET}/debug`;
const READY_MS_MAX = 180_000;

/**
 * @typedef {object} Lab
 * @property {string} url
 * @property {string} tls
 * @property {string} email
 * @property {string} password
 * @property {{ to: string, text: string }[]} mails What the mail server took.
 * @property {{ path: string, body: string }[]} posts What Slack, Telegram and the webhook took.
 * @property {number} receivers Port of the receivers.
 * @property {(tenant: string, owner: string) => Promise<{ password: string }>} tenant Makes another tenant.
 * @property {(name: string, key: string) => Promise<void>} agent Enrols and starts one more agent on this machine.
 * @property {() => Promise<void>} close
 */

/** A mail server that takes all. @param {{ to: string, text: string }[]} mails */
function mailServer(mails) {
  return createTcp((line) => {
    let to = '';
    let text = '';
    let data = false;
    let rest = '';
    const say = (/** @type {string} */ words) => line.write(`${words}\r\n`);
    line.on('error', () => undefined);
    say('220 receiver.test');
    line.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const words = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (data) {
          if (words === '.') {
            data = false;
            mails.push({ to, text: readable(text) });
            say('250 2.0.0 taken');
          } else text += `${words.replace(/^\./, '')}\n`;
        } else if (/^RCPT TO:/i.test(words)) {
          to = /<(.*)>/.exec(words)?.[1] ?? '';
          say('250 2.1.5 ok');
        } else if (/^DATA/i.test(words)) {
          data = true;
          text = '';
          say('354 go on');
        } else if (/^QUIT/i.test(words)) {
          say('221 bye');
          line.end();
        } else say('250 ok');
      }
    });
  });
}

/** Soft line breaks and escapes of quoted-printable undone. @param {string} text */
const readable = (text) =>
  text
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Slack, Telegram and a webhook in one. @param {{ path: string, body: string }[]} posts */
function receivers(posts) {
  return createHttp((request, answer) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      posts.push({ path: request.url ?? '', body });
      if (request.url?.startsWith('/bot')) {
        answer.setHeader('content-type', 'application/json');
        answer.end(
          JSON.stringify({ ok: true, result: { message_id: posts.length, chat: { id: -100200300 } } }),
        );
      } else answer.end('ok');
    });
  });
}

/** @param {import('node:net').Server} server @returns {Promise<number>} */
const listen = (server) =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address && typeof address === 'object' ? address.port : 0);
    }),
  );

/** Brings all of it up. @returns {Promise<Lab>} */
export async function lab() {
  mkdirSync('/var/lib/mailvane-dev', { recursive: true });
  const dir = mkdtempSync('/var/lib/mailvane-dev/journeys-');
  // PostgreSQL and Postfix run as users of their own and must pass.
  chmodSync(dir, 0o755);
  /** @type {Lab['mails']} */
  const mails = [];
  /** @type {Lab['posts']} */
  const posts = [];
  const [smtp, web] = [mailServer(mails), receivers(posts)];
  const [smtpPort, webPort] = [await listen(smtp), await listen(web)];
  // A server refuses settings that it does not know, and those of the journeys are not its own.
  const mine = Object.entries(process.env).filter(([name]) => !name.startsWith('MAILVANE_'));
  const settings = {
    ...Object.fromEntries(mine),
    MAILVANE_SMTP_URL: `smtp://127.0.0.1:${smtpPort}?tls=none`,
    MAILVANE_MAIL_FROM: 'Mailvane <vane@mailvane.test>',
    MAILVANE_SIGN_UP: 'open',
    MAILVANE_OUTBOUND_ALLOW: `127.0.0.1:${webPort},api.telegram.org=127.0.0.1:${webPort}`,
  };
  const facts = `${dir}/up.json`;
  const up = spawn(`${BINARIES}/mailvane-lab`, ['up', '--demo', '--data', `${dir}/data`, '--facts', facts], {
    env: settings,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the lab is not ready:\n${words}`)), READY_MS_MAX);
    for (const stream of [up.stdout, up.stderr])
      stream.on('data', (chunk) => {
        words += chunk;
        if (words.includes('Ctrl-C stops all of it')) {
          clearTimeout(late);
          resolve(undefined);
        }
      });
    up.once('exit', () => reject(new Error(`the lab ended:\n${words}`)));
  });
  const known = JSON.parse(readFileSync(facts, 'utf8'));
  const server = { ...settings, MAILVANE_DATA_DIR: `${dir}/data/server`, MAILVANE_PUBLIC_URL: known.url };
  /** @type {import('node:child_process').ChildProcess[]} */
  const agents = [];
  return {
    url: known.url,
    tls: known.tls_url,
    email: known.email,
    password: known.password,
    mails,
    posts,
    receivers: webPort,
    async tenant(name, owner) {
      const ask = ['admin', 'create-tenant', '--name', name, '--owner', owner, '--json'];
      return JSON.parse((await run(`${BINARIES}/mailvane-server`, ask, { env: server })).stdout);
    },
    async agent(name, key) {
      const own = `${dir}/${name}`;
      mkdirSync(own, { recursive: true });
      writeFileSync(`${own}/key`, key, { mode: 0o600 });
      writeFileSync(`${own}/agent.toml`, readFileSync(`${dir}/data/agent.toml`));
      const place = ['--config', `${own}/agent.toml`, '--state-dir', `${own}/state`];
      const enrol = ['enroll', '--server', known.tls_url, '--ca', known.ca, '--key-file', `${own}/key`];
      await run(`${BINARIES}/mailvane-agent`, [...enrol, ...place]);
      agents.push(spawn(`${BINARIES}/mailvane-agent`, ['run', ...place], { stdio: 'ignore' }));
    },
    async close() {
      for (const agent of agents) agent.kill('SIGTERM');
      const ended = new Promise((resolve) => up.once('exit', resolve));
      up.kill('SIGINT');
      await ended;
      smtp.close();
      web.close();
      web.closeAllConnections();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
