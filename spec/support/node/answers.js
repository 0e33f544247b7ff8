// Holds a server's answers against an OpenAPI 3.0 document, with a validator that is no part of
// this project (ajv).
//
//   node answers.js DOCUMENT.json ANSWERS.ndjson [--open]
//
// A line of ANSWERS is { method, target, status, type, size, body }: body is the text that came,
// absent for binary streams.  Prints { answers, operations: { id: { status: count } }, problems,
// lines: { number: [problem, …] } }; `problems` has equal ones once.
// Beside what OpenAPI forbids, a property that a schema neither declares nor requires is a
// problem, unless --open says that the document does not know all.
'use strict';

const fs = require('node:fs');
const Ajv = require('ajv');
const addFormats = require('ajv-formats');

const [documentPath, answersPath, option] = process.argv.slice(2);
const open = option === '--open';
const document = JSON.parse(fs.readFileSync(documentPath, 'utf8'));

// ------------------------------------------------- OpenAPI 3.0 schemas as JSON Schema (draft 7)
const kept = ['type', 'enum', 'format', 'pattern', 'minLength', 'maxLength', 'minItems',
  'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'multipleOf'];

function bounds(source, out) {
  // Draft 4, which OpenAPI 3.0 took them from, has `exclusive…` as flags.
  for (const [limit, exclusive] of [['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum']]) {
    if (source[limit] !== undefined) out[source[exclusive] ? exclusive : limit] = source[limit];
  }
}

function convert(source, part) {
  if (source.$ref) return { $ref: 'doc#/definitions/' + source.$ref.split('/').pop() };
  const out = {};
  for (const key of kept) if (source[key] !== undefined) out[key] = source[key];
  bounds(source, out);
  if (source.items) out.items = convert(source.items);
  if (source.properties) {
    out.properties = {};
    for (const [name, property] of Object.entries(source.properties)) {
      // What is write-only must not be in an answer.
      out.properties[name] = property.writeOnly ? false : convert(property);
    }
    // v6 requires some properties that it does not declare.
    for (const name of source.required || []) {
      if (!(name in out.properties)) out.properties[name] = true;
    }
  }
  if (source.required) {
    out.required = source.required.filter((name) => !(source.properties || {})[name]?.writeOnly);
  }
  if (source.additionalProperties !== undefined) {
    const more = source.additionalProperties;
    out.additionalProperties = typeof more === 'object' ? convert(more) : more;
  } else if (source.properties && !part && !open) {
    out.additionalProperties = false;
  }
  for (const word of ['allOf', 'anyOf', 'oneOf']) {
    if (source[word]) {
      const single = source[word].length === 1;
      out[word] = source[word].map((each) => convert(each, word === 'allOf' && !single));
    }
  }
  if (source.not) out.not = convert(source.not);
  if (!source.nullable) return out;
  // An enumeration without null has no null, whatever else is said (OpenAPI 3.0.3).
  if (source.enum && !source.enum.includes(null)) return out;
  if (out.type) return { ...out, type: [out.type, 'null'] };
  return { anyOf: [{ type: 'null' }, out] };
}

const definitions = {};
for (const [name, schema] of Object.entries(document.components.schemas)) {
  definitions[name] = convert(schema);
}
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false,
  code: { optimize: false } });
addFormats(ajv);
ajv.addSchema({ $id: 'doc', definitions });

// Many operations answer with the same.
const compiled = new Map();
function validator(schema) {
  const key = JSON.stringify(schema);
  if (!compiled.has(key)) compiled.set(key, ajv.compile(convert(schema)));
  return compiled.get(key);
}

// --------------------------------------------------------- which operation a request was for
const routes = [];
for (const [path, item] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    if (!operation.responses) continue;
    const segments = path.toLowerCase().split('/');
    routes.push({ method: method.toUpperCase(), segments, operation,
      literal: segments.filter((each) => !each.startsWith('{')).length });
  }
}
routes.sort((a, b) => b.literal - a.literal);

function operationOf(method, target) {
  const segments = target.split('?')[0].toLowerCase().split('/');
  const found = routes.find((route) => route.method === method
    && route.segments.length === segments.length
    && route.segments.every((each, i) => each.startsWith('{') ? segments[i] : each === segments[i]));
  return found && found.operation;
}

// ------------------------------------------------------------------------------- one answer
function reference(source) {
  if (!source || !source.$ref) return source;
  return source.$ref.slice(2).split('/').reduce((at, name) => at[name], document);
}

function problemsOf(answer, operation) {
  const { responses } = operation;
  const response = reference(responses[String(answer.status)]
    || (answer.status >= 400 ? responses.default : undefined));
  if (!response) return [`answered ${answer.status}, which is not declared`];
  if (!response.content || !Object.keys(response.content).length) {
    return answer.size ? [`has a body of ${answer.size} bytes`] : [];
  }
  if (response['x-may-be-empty'] && !answer.size) return [];
  const type = answer.type.split(';')[0].trim().toLowerCase();
  const media = response.content[type] || response.content['*/*'];
  if (!media) return [`came as "${type}", not ${Object.keys(response.content).join(' or ')}`];
  if (type !== 'application/json') {
    return answer.body === undefined && answer.size > 0 ? [] : ['is no stream of bytes'];
  }
  let value;
  try {
    value = JSON.parse(answer.body);
  } catch (error) {
    return [`is not JSON: ${error.message}`];
  }
  // The token route's errors are those of OAuth (RFC 6749, 5.2), whatever the document says.
  if (answer.status >= 400 && operation.operationId === 'token') {
    return typeof value.error === 'string' && !value.message ? [] : ['is no OAuth error'];
  }
  if (answer.status >= 400 && !value.message) return ['is an error without its message'];
  if (!media.schema) return [];
  const check = validator(media.schema);
  if (check(value)) return [];
  return check.errors.map((each) => {
    const found = each.instancePath.split('/').slice(1).reduce((at, name) => at?.[name], value);
    const more = each.params.additionalProperty || each.params.allowedValues || '';
    return `${each.instancePath || 'the body'} ${each.message} ${more} (${each.schemaPath}): `
      + JSON.stringify(found).slice(0, 200);
  });
}

const result = { answers: 0, operations: {}, problems: [], lines: {} };
const seen = new Set();
for (const line of fs.readFileSync(answersPath, 'utf8').split('\n')) {
  if (!line) continue;
  const answer = JSON.parse(line);
  result.answers += 1;
  const operation = operationOf(answer.method, answer.target);
  if (!operation) {
    // Another path or method than the API has: nothing but the refusal is due.
    if (answer.status !== 404 && answer.status !== 405) {
      const problem = `${answer.method} ${answer.target} is not published`;
      result.problems.push(problem);
      result.lines[result.answers] = [problem];
    }
    continue;
  }
  const counts = result.operations[operation.operationId] ||= {};
  counts[answer.status] = (counts[answer.status] || 0) + 1;
  for (const problem of problemsOf(answer, operation)) {
    const text = `${operation.operationId}: ${problem}`;
    (result.lines[result.answers] ||= []).push(text);
    const key = text.replace(/\/\d+/g, '/n').replace(/\): .*/s, '');
    if (seen.has(key)) continue;
    seen.add(key);
    result.problems.push(text);
  }
}
process.stdout.write(JSON.stringify(result));
