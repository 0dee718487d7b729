// Moves SvelteKit's inline start-up script into a file of its own, because the server's
// Content-Security-Policy allows no inline script. Fails when the built page holds anything inline.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(fileURLToPath(new URL('..', import.meta.url)), 'dist');
const page = join(dist, 'index.html');
let html = readFileSync(page, 'utf8');

let moved = 0;
html = html.replace(/<script>([\s\S]*?)<\/script>/g, (_, code) => {
  const text = `${code.trim()}\n`;
  const name = `_app/start.${createHash('sha256').update(text).digest('hex').slice(0, 10)}.js`;
  writeFileSync(join(dist, name), text);
  moved += 1;
  return `<script src="/${name}"></script>`;
});
// The wrapper's only purpose is layout; an attribute would need an exception in the policy.
html = html.replace(/<div style="display: contents">/g, '<div>');
writeFileSync(page, html);

const inline = html.match(/<script(?![^>]*\ssrc=)[^>]*>|<style[\s>]|\sstyle="|\son[a-z]+="/g);
if (inline) {
  console.error(`dist/index.html still holds something inline: ${inline.join(' ')}`);
  process.exit(1);
}
writeFileSync(join(dist, '.gitkeep'), '');
console.log(`dist/index.html: ${moved} inline script moved to a file`);
