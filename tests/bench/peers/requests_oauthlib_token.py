"""The token as requests-oauthlib's documentation asks for it: URL PASSWORD-FILE."""

import pathlib
import sys

from oauthlib.oauth2 import LegacyApplicationClient
from requests_oauthlib import OAuth2Session

url, password = sys.argv[1], pathlib.Path(sys.argv[2]).read_text()
session = OAuth2Session(client=LegacyApplicationClient(client_id="app"))
token = session.fetch_token(url, username="alice", password=password, client_id="app", scope=["read"])
print(token["access_token"])
