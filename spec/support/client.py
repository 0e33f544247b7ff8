"""A client of the rehearsal server in Python's standard library alone, with the habits of clients
that are around: a form for the token, booleans as strings, names in any case, commas at the end
of objects, a slash before the query.

    python3 client.py URL FINGERPRINT       with SIM_USER and SIM_PASSWORD in the environment

Prints what it saw as JSON."""
import base64
import hashlib
import http.client
import io
import json
import os
import ssl
import sys
import urllib.parse
import zipfile

url, fingerprint = sys.argv[1:3]
place = urllib.parse.urlsplit(url)
pem = ssl.get_server_certificate((place.hostname, place.port))
digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()
if "sha256/" + base64.b64encode(digest).decode() != fingerprint:
    sys.exit("another certificate")
# The right one: trusted from here on, and its name is checked like any other.
server = http.client.HTTPSConnection(
    place.hostname, place.port, timeout=60, context=ssl.create_default_context(cadata=pem)
)


def ask(method, path, body=None, kind="application/json", token=None):
    headers = {"Accept": "*/*"}
    if token:
        headers["Authorization"] = "Bearer " + token
    if body is not None:
        headers["Content-Type"] = kind
    server.request(method, path, body, headers)
    answer = server.getresponse()
    data = answer.read()
    text = answer.headers.get("Content-Type", "").startswith("application/json")
    return answer.status, json.loads(data) if text else data


def form(**fields):
    return ask(
        "POST", "/v8/token", urllib.parse.urlencode(fields), "application/x-www-form-urlencoded"
    )


seen = {}
login = {"username": os.environ["SIM_USER"], "password": os.environ["SIM_PASSWORD"]}
status, refused = form(grant_type="password", username=login["username"], password="wrong")
seen["refused"] = [status, refused["error"]]
status, given = form(grant_type="password", disable_antiforgery_token="True", **login)
seen["login"] = [status, given["token_type"]]
status, given = form(
    grant_type="refresh_token",
    refresh_token=given["refresh_token"],
    disable_antiforgery_token="true",
)
seen["refreshed"] = status
token = given["access_token"]


def find(path, name):
    _, value = ask("GET", path, token=token)
    rows = value["results"] if isinstance(value, dict) else value
    return next(row for row in rows if row["name"] == name)


organization = find("/v5/organizations/?offset=0&limit=100", "contoso.onmicrosoft.com")
status, session = ask(
    "POST",
    "/v5/Organizations/%s/ACTION" % organization["id"],
    '{"Explore": {"Type": "VEOD", "DateTime": "2026-11-18T22:00:00Z", "showDeleted": "true",'
    ' "ShowAllVersions": "False",},}',
    token=token,
)
seen["explored"] = [status, session["type"], session["state"]]
drives = "/v8/restoresessions/%s/organization/onedrives" % session["id"]
drive = drives + "/" + find(drives + "/?Limit=100", "Alice Example")["id"]
document = find(drive + "/Documents?limit=1000", "Todo.md")
one = drive + "/documents/" + document["id"]

status, plain = ask("POST", one + "/save", '{"AsZip": "false"}', token=token)
seen["plain"] = [status, plain.decode()]
status, packed = ask("POST", one + "/save", '{"asZip": "true",}', token=token)
with zipfile.ZipFile(io.BytesIO(packed)) as archive:
    seen["packed"] = [status] + [[name, archive.read(name).decode()] for name in archive.namelist()]
seen["wrong"] = ask("POST", one + "/save", '{"asZip": "perhaps"}', token=token)[0]

status, _ = ask("POST", "/v5/RestoreSessions/%s/Action" % session["id"], '{"stop": null}',
                token=token)
seen["stopped"] = status
seen["logout"] = ask("POST", "/v8/token/logout", token=token)[0]
seen["afterwards"] = ask("GET", "/v8/Jobs", token=token)[0]
print(json.dumps(seen))
