// The peer of bench/list.lua in JavaScript: Node's own fetch.
//   NODE_EXTRA_CA_CERTS=CERTIFICATE node list.mjs URL PATH LIMIT
const [url, path, limit] = process.argv.slice(2);
let count = 0, letters = 0, at = `${path}?offset=0&limit=${limit}`;
const login = await fetch(url + "/v8/token", {
  method: "POST",
  body: new URLSearchParams({ grant_type: "password", username: "u", password: "p" }),
});
const headers = { Authorization: "Bearer " + (await login.json()).access_token };
while (at) {
  const answer = await fetch(url + at, { headers });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = await answer.json();
  for (const document of page.results) {
    count++;
    letters += document.name.length;
  }
  at = page._links.next?.href;
}
console.log(count, letters);
