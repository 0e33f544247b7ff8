"""A self-service portal as public PHP clients are written: links taken apart by their last
segment, booleans as strings, commas at the end of objects, parentID=null for the root, a slash
before the query.

    python3 portal.py URL FINGERPRINT v4…v8      with SIM_USER and SIM_PASSWORD in the environment

Prints what it saw as JSON."""
import base64
import hashlib
import http.client
import io
import json
import os
import ssl
import sys
import time
import urllib.parse
import zipfile

url, fingerprint, version = sys.argv[1:4]
number = int(version[1:])
place = urllib.parse.urlsplit(url)
pem = ssl.get_server_certificate((place.hostname, place.port))
digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()
if "sha256/" + base64.b64encode(digest).decode() != fingerprint:
    sys.exit("another certificate")
server = http.client.HTTPSConnection(
    place.hostname, place.port, timeout=60, context=ssl.create_default_context(cadata=pem)
)
token = None


def ask(method, path, body=None, kind="application/json"):
    headers = {"Accept": "*/*"}
    if token:
        headers["Authorization"] = "Bearer " + token
    if body is not None:
        headers["Content-Type"] = kind
    server.request(method, "/" + version + path, body, headers)
    answer = server.getresponse()
    data = answer.read()
    if answer.status >= 400:
        sys.exit("%s %s: %d %s" % (method, path, answer.status, data.decode()))
    text = answer.headers.get("Content-Type", "").startswith("application/json")
    return json.loads(data) if text else data


def rows(answer):
    return answer["results"] if isinstance(answer, dict) else answer


def last(link):
    return link["href"].split("/")[-1]


def names(archive):
    return sorted(zipfile.ZipFile(io.BytesIO(archive)).namelist())


def counts_of(statistics):
    kinds = ("created", "merged") if "createdItemsCount" in statistics else ("restored",)
    done = sum(statistics[kind + "ItemsCount"] for kind in kinds + ("skipped",))
    return [done, statistics["failedItemsCount"]]


def restored(session, statistics):
    """Counts of what went well and what failed; v8 restores in the background."""
    found = statistics
    for _ in range(600):
        if "sessionId" not in statistics:
            return counts_of(statistics)
        found = ask("GET", session + "/Statistics")
        if sum(counts_of(found)):
            return counts_of(found)
        time.sleep(0.1)
    sys.exit("the restore does not end: " + json.dumps(found))


seen = {}
fields = {
    "grant_type": "password",
    "username": os.environ["SIM_USER"],
    "password": os.environ["SIM_PASSWORD"],
}
if number >= 8:
    fields["disable_antiforgery_token"] = "true"
form = "application/x-www-form-urlencoded"
token = ask("POST", "/token", urllib.parse.urlencode(fields), form)["access_token"]

organization = rows(ask("GET", "/Organizations"))[0]
# From v6 on records name the repository themselves.
if number < 6:
    seen["job"] = [
        last(job["_links"]["backupRepository"])
        for job in rows(ask("GET", "/Jobs/"))
        if last(job["_links"]["organization"]) == organization["id"]
    ][0]
    used = rows(ask("GET", "/Organizations/%s/usedrepositories" % organization["id"]))
    repository = last(used[0]["_links"]["backupRepository"])
    seen["repository"] = repository
    seen["used"] = last(used[0]["_links"]["organization"]) == organization["id"]
    people = rows(ask("GET", "/BackupRepositories/%s/UserData/?offset=0&limit=100" % repository))
    seen["people"] = len(people) > 0
    data = rows(ask("GET", "/BackupRepositories/%s/OrganizationData" % repository))
    seen["organization"] = data[0]["organizationId"] == organization["id"]


def act(path, action, verb, properties=None):
    """Sends an action: in a key of the body in the action dialect, else in the path."""
    if number >= 6:
        body = None if properties is None else "{ %s, }" % properties
        return ask("POST", path + "/" + verb, body)
    inner = "null" if properties is None else "{ %s, }" % properties
    return ask("POST", path + "/action", '{ "%s": %s }' % (action, inner))


def explore(kind):
    flags = '"ShowAllVersions": "false", "ShowDeleted": "false"'
    body = '"datetime": "2026-11-18T22:00:00Z", "type": "%s", %s' % (kind, flags)
    session = act("/Organizations/" + organization["id"], "explore", "explore", body)
    return "/RestoreSessions/" + session["id"]


def stop(session):
    act(session, "stop", "stop")


# Mail: a folder's items, one of them back to where it was, and the folder beside it.
session = explore("vex")
boxes = rows(ask("GET", session + "/organization/mailboxes/?offset=0"))
box = session + "/organization/mailboxes/" + [b for b in boxes if b["email"][:4] == "bob@"][0]["id"]
top = "?parentID=%s&limit=100" % ("root" if number >= 8 else "null")
folders = rows(ask("GET", box + "/folders" + top))
inbox = [folder for folder in folders if folder["name"] == "Inbox"][0]
item = rows(ask("GET", "%s/items?folderID=%s" % (box, inbox["id"])))[0]
message = "%s/items/%s" % (box, item["id"])
account = '"userName": "bob@contoso.com", "userPassword": "Any-1"'
seen["restored"] = restored(session, act(message, "restoretoOriginallocation", "restore", account))
left = ("Drafts", "DeletedItems", "InPlaceHoldItems", "LitigationHoldItems")
flags = ", ".join('"exclude%s": "false"' % name for name in left)
changed = '"changedItems": "True", "deletedItems": "True", "markRestoredAsUnread": "true"'
beside = '"mailbox": "bob@contoso.com", "folder": "Back", "casServer": "", '
copied = act(
    "%s/folders/%s" % (box, inbox["id"]), "restoreTo", "restoreTo",
    beside + ", ".join((account, changed, flags)),
)
seen["failed"] = restored(session, copied)[1]
seen["message"] = len(act(message, "savetoMsg", "save")) > 0
stop(session)

# A drive: a folder of its root as an archive.
session = explore("veod")
base = session + "/organization/onedrives"
drive = [one for one in rows(ask("GET", base + "/?offset=0")) if one["name"].startswith("Alice")][0]
folder = rows(ask("GET", "%s/%s/folders%s" % (base, drive["id"], top)))[0]
zipped = '"asZip": "true"'
archive = act(
    "%s/%s/folders/%s" % (base, drive["id"], folder["id"]), "save", "save",
    zipped if number < 6 else None,
)
seen["folder"] = len(names(archive)) > 0
stop(session)

# A site: whole libraries.
session = explore("vesp")
seen["libraries"] = 0
for site in rows(ask("GET", session + "/organization/sites/?limit=100")):
    base = session + "/organization/sites/" + site["id"]
    for library in rows(ask("GET", base + "/libraries")):
        archive = act(
            base + "/libraries/" + library["id"], "save", "save", zipped if number < 6 else None
        )
        seen["libraries"] += len(names(archive))
stop(session)

# Teams came with v5, which saves all files of a channel; later versions want them named.
if number >= 5:
    session = explore("vet")
    counts = []
    for team in rows(ask("GET", session + "/organization/teams")):
        base = session + "/organization/teams/" + team["id"]
        for channel in rows(ask("GET", base + "/channels")):
            files = rows(ask("GET", "%s/files?channelID=%s&limit=100" % (base, channel["id"])))
            body = '%s, "channelId": "%s"' % (zipped, channel["id"])
            if number >= 6:
                body = '"files": %s' % json.dumps([{"id": file["id"]} for file in files])
            if files:
                counts.append(len(names(act(base + "/files", "save", "save", body))))
    seen["channels"] = counts
    stop(session)

print(json.dumps(seen))
