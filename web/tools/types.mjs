// Writes src/lib/api/schema.ts from the server's OpenAPI document; with --check only says whether it is fresh.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapi, { astToString } from 'openapi-typescript';

const source = new URL('../../server/openapi.json', import.meta.url);
const target = fileURLToPath(new URL('../src/lib/api/schema.ts', import.meta.url));
const head =
  '// The REST contract as types. Derived from server/openapi.json; `npm run types` rewrites it.\n/* eslint-disable */\n\n';

if (!existsSync(source)) {
  console.error(
    'server/openapi.json is missing: cargo run -p mailvane-server -- openapi > server/openapi.json',
  );
  process.exit(1);
}
const fresh = head + astToString(await openapi(source));
const kept = existsSync(target) ? readFileSync(target, 'utf8') : '';
if (!process.argv.includes('--check')) writeFileSync(target, fresh);
else if (fresh !== kept) {
  console.error('src/lib/api/schema.ts is not what server/openapi.json says: npm run types');
  process.exit(1);
}
