"""Verifies signed JWTs with tools that are not ours: Debian's `jose`, and the openssl command for EdDSA, which jose
does not know."""

import base64
import json
import pathlib
import shutil
import subprocess
import tempfile


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signing_input(algorithm, payload=b"a payload"):
    """What is signed of a JWS with this header alone (RFC 7515 s5.1)."""
    return base64url(json.dumps({"alg": algorithm}).encode()) + "." + base64url(payload)


def verifies(text, signature, public_jwk, public_pem=None):
    """Whether `signature` is one over the JWS signing input `text`, by the algorithm that its header names. EdDSA needs
    the key as a file in PEM."""
    header = text.split(".")[0]
    algorithm = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["alg"]
    tool = "openssl" if algorithm.startswith("Ed") else "jose"
    if not shutil.which(tool):
        raise FileNotFoundError(f"needs the command {tool}, which is not installed")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "text").write_text(text)
        (folder / "signature").write_bytes(signature)
        (folder / "key.jwk").write_text(public_jwk)
        (folder / "jws").write_text(f"{text}.{base64url(signature)}")
        words = {"jose": ["jws", "ver", "-i", "jws", "-k", "key.jwk"],
                 "openssl": ["pkeyutl", "-verify", "-pubin", "-inkey", str(public_pem), "-rawin", "-in", "text", "-sigfile",
                             "signature"]}[tool]
        return subprocess.run([tool, *words], cwd=folder, capture_output=True, check=False).returncode == 0
