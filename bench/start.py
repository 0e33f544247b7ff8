# The peer of bench/start.lua in Python: requests.
#   python3 start.py URL CERTIFICATE
import sys

import requests

url, certificate = sys.argv[1:]
with requests.Session() as session:
    session.trust_env = False
    session.verify = certificate
    token = session.post(
        url + "/v8/token",
        data={"grant_type": "password", "username": "u", "password": "p"},
    ).json()
    session.headers["Authorization"] = "Bearer " + token["access_token"]
    assert session.get(url + "/v8/ServiceInstance").json()["name"] == "bench"
