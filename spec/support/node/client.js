// A client that a tool made of the rehearsal server's own description: logs in, looks around,
// saves a document, restores it and stops the session.
//
//   node client.js URL FINGERPRINT VERSION      with SIM_USER and SIM_PASSWORD in the environment
//
// Prints what it saw as JSON.
'use strict';

const crypto = require('node:crypto');
const https = require('node:https');
const tls = require('node:tls');
const axios = require('axios');
const { OpenAPIClientAxios } = require('openapi-client-axios');

const [url, fingerprint, version] = process.argv.slice(2);
const { SIM_USER: username, SIM_PASSWORD: password } = process.env;

// The certificate is the server's own: trusted because it has the fingerprint that the server
// printed when it started, and from then on checked like any other.
function certificate() {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = tls.connect({ host: hostname, port, rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.end();
      const found = 'sha256/' + crypto.createHash('sha256').update(raw).digest('base64');
      if (found !== fingerprint) reject(new Error(`another certificate: ${found}`));
      resolve('-----BEGIN CERTIFICATE-----\n' + raw.toString('base64').replace(/(.{64})/g, '$1\n')
        + '\n-----END CERTIFICATE-----\n');
    });
    socket.on('error', reject);
  });
}

async function page(first) {
  const rows = [];
  for (let offset = 0; ; offset += 30) {
    const { data } = await first(offset);
    rows.push(...data.results);
    if (!data._links.next) return rows;
  }
}

// The same calls in both dialects: up to v5 an action is the key of a body.
function callsOf(client, old) {
  const document = client.RestoreSessionsOrganizationOneDrivesDocumentsOne_Action;
  return old ? {
    explore: (place, time) => client.OrganizationsOne_Action(place,
      { explore: { datetime: time, type: 'veod' } }),
    save: (place, config) => document(place, { save: { asZip: false } }, config),
    restore: (place, who) => document(place, { restoretoOriginallocation: {
      documentVersion: 'last', documentAction: 'keep', userName: who.username,
      userPassword: who.password } }),
    stop: (place) => client.RestoreSessionsOne_Action(place, { stop: null }),
  } : {
    explore: (place, time) => (client.Organization_Explore || client.Organization_ExploreAction)(
      place, { dateTime: time, type: 'Veod' }),
    save: (place, config) => client.OneDriveDocument_SaveDocumentAction(place, { asZip: false },
      config),
    restore: (place, who) => client.OneDriveDocument_RestoreDocumentAction(place,
      { documentAction: 'Keep', userName: who.username, userPassword: who.password }),
    stop: (place) => client.RestoreSession_StopAction(place),
  };
}

async function main() {
  const httpsAgent = new https.Agent({ ca: await certificate(), keepAlive: true });
  const { data: definition } = await axios.get(`${url}/swagger/docs/${version}`, { httpsAgent });
  const api = new OpenAPIClientAxios({ definition, axiosConfigDefaults: { httpsAgent } });
  const client = await api.init();
  const calls = callsOf(client, version < 'v6');
  const seen = { server: client.defaults.baseURL, operations: api.getOperations().length };

  const refused = await client.token(null, new URLSearchParams({ grant_type: 'password', username,
    password: password + '!' }), { validateStatus: () => true });
  seen.refused = { status: refused.status, error: refused.data.error };
  seen.stranger = (await client.Organization_Get(null, null,
    { validateStatus: () => true })).status;

  const form = { grant_type: 'password', username, password };
  if (version >= 'v7') form.disable_antiforgery_token = 'true';
  const { data: token } = await client.token(null, new URLSearchParams(form));
  client.defaults.headers.common.authorization = `Bearer ${token.access_token}`;
  seen.token = { type: token.token_type, lifetime: token.expires_in };

  const { data: list } = await client.Organization_Get();
  const organizations = list.results || list;
  seen.organizations = organizations.map((each) => each.name);
  const organization = organizations.find((each) => each.name === 'contoso.onmicrosoft.com');

  const explored = await calls.explore({ organizationId: organization.id },
    '2026-11-18T22:00:00Z');
  const restoreSessionId = explored.data.id;
  seen.explored = { status: explored.status, type: explored.data.type,
    state: explored.data.state };

  const drives = await page((offset) => client.OneDrive_Get({ restoreSessionId, offset }));
  const drive = drives.find((each) => each.name === 'Alice Example');
  const place = { restoreSessionId, oneDriveId: drive.id };
  const documents = await page((offset) => client.OneDriveDocument_Get({ ...place, offset }));
  const document = documents.find((each) => each.name === 'Todo.md');
  seen.documents = documents.length;
  seen.document = { name: document.name, size: document.sizeBytes };

  const one = { ...place, documentId: document.id };
  const saved = await calls.save(one, { responseType: 'arraybuffer' });
  seen.saved = { status: saved.status, type: saved.headers['content-type'],
    base64: Buffer.from(saved.data).toString('base64') };

  const restored = await calls.restore(one, { username: 'backup@contoso.onmicrosoft.com', password });
  seen.restored = restored.status;
  let statistics = restored.data;
  for (let tries = 0; version === 'v8' && tries < 300; tries += 1) {
    statistics = (await client.RestoreSession_GetRestoreStatistics(
      { restoreSessionId: restored.data.sessionId })).data;
    if (statistics.restoredItemsCount) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  seen.statistics = statistics;

  seen.stopped = (await calls.stop({ restoreSessionId })).status;
  const { data: session } = await client.RestoreSession_GetByRestoreSessionId({ restoreSessionId });
  seen.state = session.state;
  httpsAgent.destroy();
  return seen;
}

main().then((seen) => process.stdout.write(JSON.stringify(seen))).catch((error) => {
  const { response } = error;
  process.stderr.write(`${error.stack}\n${response ? JSON.stringify(response.data) : ''}\n`);
  process.exitCode = 1;
});
