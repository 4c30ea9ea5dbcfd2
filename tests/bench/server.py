"""nginx on loopback as an authorization server that answers each token request at once with the same token."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import urllib.request

MARK = "/mark"
TOKEN_RESPONSE_BYTES = 1047

CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 4096; }}
http {{
  log_format requests '$uri $connection $ssl_session_reused';
  access_log {access_log}; default_type application/json; keepalive_requests {requests}; keepalive_timeout 300;
  client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
  uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
  server {{
    listen 127.0.0.1:{http};
    {tls}
    location = /.well-known/openid-configuration {{ return 200 '{metadata}'; }}
    location / {{ add_header Cache-Control no-store; return 200 '{response}'; }}
  }}
}}
"""
TLS = """listen 127.0.0.1:{https} ssl; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {prefix}.pem; ssl_certificate_key {prefix}.key;"""


def token_response():
    response = {"access_token": "", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r" * 43, "scope": "read"}
    response["access_token"] = "a" * (TOKEN_RESPONSE_BYTES - len(json.dumps(response, separators=(",", ":"))))
    return json.dumps(response, separators=(",", ":"))


def metadata(issuer):
    return json.dumps({
        "issuer": issuer, "token_endpoint": f"{issuer}/token", "authorization_endpoint": f"{issuer}/authorize",
        "registration_endpoint": f"{issuer}/register", "jwks_uri": f"{issuer}/keys", "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "grant_types_supported": ["password", "refresh_token", "authorization_code"],
        "scopes_supported": ["openid", "read"]})


class Server:
    """`http` and `https` are the origins; `https` is None without a certificate (PREFIX.pem and PREFIX.key)."""

    def __init__(self, certificate=None, log_requests=False, requests_per_connection=1_000_000):
        self._folder = contextlib.ExitStack()
        folder = pathlib.Path(self._folder.enter_context(tempfile.TemporaryDirectory(prefix="oauth-token-nginx.")))
        self._log = folder / "requests"
        (folder / "t").mkdir()
        # Bound here, so that no port is guessed.
        sockets = [socket.create_server(("127.0.0.1", 0), backlog=4096) for _ in range(2 if certificate else 1)]
        ports = [each.getsockname()[1] for each in sockets]
        self.http = f"http://127.0.0.1:{ports[0]}"
        self.https = f"https://127.0.0.1:{ports[1]}" if certificate else None
        (folder / "conf").write_text(CONFIGURATION.format(
            folder=folder, http=ports[0], requests=requests_per_connection, response=token_response(),
            tls=TLS.format(https=ports[1], prefix=certificate) if certificate else "",
            metadata=metadata(self.http), access_log=f"{self._log} requests" if log_requests else "off"))
        self._process = subprocess.Popen(
            ["nginx", "-c", folder / "conf"], pass_fds=[each.fileno() for each in sockets],
            env={**os.environ, "NGINX": "".join(f"{each.fileno()};" for each in sockets)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def url(self, path="/token"):
        return self.http + path

    def requests(self):
        """What was asked for since the last call: (path, number of the connection, whether its TLS session was resumed)."""
        # The one worker writes of a request before it answers the next one.
        urllib.request.urlopen(self.url(MARK), timeout=60).close()
        lines = [line.split() for line in self._log.read_text().splitlines()]
        os.truncate(self._log, 0)
        return [(path, connection, resumed == "r") for path, connection, resumed in lines if path != MARK]

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        self._folder.close()
