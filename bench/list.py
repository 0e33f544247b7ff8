# The peer of bench/list.lua in Python: httpx and the standard json.
#   python3 list.py URL CERTIFICATE PATH LIMIT
import sys

import httpx

url, certificate, path, limit = sys.argv[1:]
count, letters, at = 0, 0, f"{path}?offset=0&limit={limit}"
with httpx.Client(verify=certificate, base_url=url, trust_env=False) as client:
    client.headers["Authorization"] = "Bearer " + client.post(
        "/v8/token", data={"grant_type": "password", "username": "u", "password": "p"}
    ).json()["access_token"]
    while at:
        answer = client.get(at)
        answer.raise_for_status()
        page = answer.json()
        for document in page["results"]:
            count += 1
            letters += len(document["name"])
        at = page["_links"].get("next", {}).get("href")
print(count, letters)
