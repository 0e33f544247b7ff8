// Is this an OpenAPI document?  Asks a validator that is no part of this project.
//
//   node document.mjs DOCUMENT.json…
//
// Prints { file: { valid, version, errors } }.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

// NODE_PATH is for `require` alone.
const { Validator } = await import(pathToFileURL(resolve(process.env.NODE_PATH,
  '@seriousme/openapi-schema-validator/index.js')));

const result = {};
for (const file of process.argv.slice(2)) {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(JSON.parse(readFileSync(file, 'utf8')));
  result[file] = { valid, version: validator.version, errors: JSON.stringify(errors || []) };
}
process.stdout.write(JSON.stringify(result));
