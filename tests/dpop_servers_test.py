"""Tokens that are bound to a key (DPoP, RFC 9449), against a real authorization server: sessions in both stores, nonces,
the proof for an API."""

import base64
import hashlib
import json
import pathlib
import ssl
import time
import unittest
import urllib.error
import urllib.request

from real_server_case import OidcProviderCase


def parts_of(jwt):
    def decoded(text):
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    header, claims, _ = jwt.split(".")
    return decoded(header), decoded(claims)


def thumbprint(jwk):
    """RFC 7638 of an EC key."""
    text = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def hash_of(token):
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


class DpopTest(OidcProviderCase):
    def sign_in(self, client, *words, dpop="--dpop"):
        return self.password("--client-id", client, dpop, "--scope", "openid", "-o", "json", *words)

    def proofs(self):
        return [parts_of(request["headers"]["dpop"]) for request in self.server.requests("/token")]

    def at_userinfo(self, headers):
        """Status and JSON of the answer to these header lines."""
        request = urllib.request.Request(self.server.userinfo_endpoint,
                                         headers=dict(line.split(": ", 1) for line in headers.splitlines()))
        trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.server.ca_file))
        try:
            with urllib.request.build_opener(trust, urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    def live(self, *store):
        first = self.json_of(self.sign_in(self.server.client_id_dpop, *store))
        self.assertEqual(first["token_type"], "DPoP")
        [(header, claims)] = self.proofs()
        self.assertEqual(set(header), {"typ", "alg", "jwk"})
        self.assertEqual((header["typ"], header["alg"], set(header["jwk"])), ("dpop+jwt", "ES256", {"kty", "crv", "x", "y"}))
        self.assertEqual(set(claims), {"jti", "htm", "htu", "iat"})
        self.assertEqual((claims["htm"], claims["htu"]), ("POST", self.server.token_endpoint))
        self.assertLess(abs(claims["iat"] - time.time()), 60)
        bound_to = json.loads(self.run_ok("introspect"))["cnf"]
        self.assertEqual(bound_to, {"jkt": thumbprint(header["jwk"])})

        proof = self.run_ok("dpop-proof", "GET", self.server.userinfo_endpoint).rstrip("\n")
        at_api, says = parts_of(proof)
        self.assertEqual(at_api["jwk"], header["jwk"])
        self.assertEqual((says["htm"], says["htu"], says["ath"]),
                         ("GET", self.server.userinfo_endpoint, hash_of(first["access_token"])))
        status, answer = self.at_userinfo(f"Authorization: DPoP {first['access_token']}\nDPoP: {proof}\n")
        self.assertEqual((status, answer["sub"]), (200, self.server.username))
        self.assertEqual(self.at_userinfo(f"Authorization: DPoP {first['access_token']}\n")[0], 400, "without a proof")

        self.run_ok("refresh")
        self.run_ok("refresh")
        for header_of_renewal, _ in self.proofs():
            self.assertEqual(header_of_renewal["jwk"], header["jwk"])
        self.assertEqual(len({claims["jti"] for _, claims in self.proofs()}), 3)
        status, answer = self.at_userinfo(self.run_ok("dpop-proof", "GET", self.server.userinfo_endpoint, "-o", "header"))
        self.assertEqual((status, answer["sub"]), (200, self.server.username))
        done = self.program.run("token", "-o", "header")
        self.assertEqual(done.status, 8)
        self.assertIn("dpop-proof", done.stderr)
        return header["jwk"]

    def test_a_session_in_the_keyring(self):
        self.live()
        self.run_ok("revoke")
        self.assertEqual(self.program.run("dpop-proof", "GET", self.server.userinfo_endpoint).status, 2)

    def test_a_session_in_a_sealed_file_that_moves_to_the_keyring(self):
        key_file = self.program.file("store.key", "base64:" + base64.b64encode(b"k" * 32).decode())
        jwk = self.live("--store", "file", "--store-key-file", key_file)
        private = b'"d"'
        for file in pathlib.Path(self.program.state_home).rglob("*"):
            if file.is_file():
                self.assertNotIn(private, file.read_bytes(), file)
        self.run_ok("store", "move", "default", "keyring")
        self.run_ok("refresh")
        self.assertEqual(self.proofs()[-1][0]["jwk"], jwk)

    def test_a_nonce_costs_one_repetition_and_is_remembered_with_the_session(self):
        self.json_of(self.sign_in(self.server.client_id_dpop_nonce))
        self.assertEqual([request["status"] for request in self.server.requests("/token")], [400, 200])
        (_, first), (_, second) = self.proofs()
        self.assertNotIn("nonce", first)
        self.assertIn("nonce", second)
        self.assertNotEqual(first["jti"], second["jti"])
        self.server.forget_requests()
        self.run_ok("refresh")
        self.run_ok("refresh")
        self.assertEqual([request["status"] for request in self.server.requests("/token")], [200, 200])

    def test_one_wrong_password_is_still_one_request_that_is_processed(self):
        done = self.sign_in(self.server.client_id_dpop, "--session", "new")
        self.assertEqual(done.status, 0, done.stderr)
        self.server.forget_requests()
        wrong = self.password("--client-id", self.server.client_id_dpop, "--dpop", "-o", "json", password="wrong")
        self.assertEqual((wrong.status, self.error_of(wrong)["class"]), (3, "credentials"))
        self.assertEqual([request["status"] for request in self.server.requests("/token")], [400])
        self.assertEqual([each["name"] for each in json.loads(self.run_ok("list", "-o", "json"))], ["new"])

    def test_a_key_of_the_users(self):
        key = self.server.values["KEY_ES256"]
        answer = self.json_of(self.sign_in(self.server.client_id_dpop, "--dpop-key", key, "--store", "none"))
        self.assertEqual(answer["token_type"], "DPoP")
        self.json_of(self.sign_in(self.server.client_id_dpop, "--dpop-key", key))
        self.run_ok("refresh")
        self.assertEqual(len({header["jwk"]["x"] for header, _ in self.proofs()}), 1)
        self.assertEqual(json.loads(self.run_ok("show", "-o", "json"))["dpop_key"], key)

    def test_without_a_place_for_the_key_nothing_is_sent(self):
        done = self.sign_in(self.server.client_id_dpop, "--store", "none")
        self.assertEqual((done.status, self.error_of(done)["class"]), (2, "config"))
        done = self.program.run("client-credentials", *self.at_server(*self.client("", "client_secret_basic"), "--dpop"))
        self.assertEqual(done.status, 2)
        self.assertIn("--dpop-key", done.stderr)
        self.assertEqual(self.server.requests(), [])

    def test_without_dpop_the_server_says_what_it_misses(self):
        done = self.password("--client-id", self.server.client_id_dpop, "-o", "json")
        self.assertNotEqual(done.status, 0)
        self.assertEqual(len(self.server.requests("/token")), 1)

    def test_a_nonce_of_the_api_and_other_forms(self):
        self.json_of(self.sign_in(self.server.client_id_dpop))
        url = "https://api.example/items?page=2"
        answer = json.loads(self.run_ok("dpop-proof", "PATCH", url, "default", "--nonce", "n-1", "-o", "json"))
        self.assertEqual((set(answer), answer["session"]), ({"proof", "session"}, "default"))
        _, claims = parts_of(answer["proof"])
        self.assertEqual((claims["htm"], claims["htu"], claims["nonce"]), ("PATCH", "https://api.example/items", "n-1"))
        self.assertEqual(self.program.run("dpop-proof", "GET", "nowhere").status, 2)
        for words in ([], ["-o", "header"], ["--dry-run", "-o", "header"]):
            done = self.program.run("dpop-proof", "GET", url, "absent", *words)
            self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
            self.assertIn("There are: default. Sign in with: oauth-token password", done.stderr)
        self.json_of(self.password("--client-id", self.server.client_id_public, "-o", "json", "--session", "plain"))
        self.assertEqual(self.program.run("dpop-proof", "GET", url, "plain").status, 2)

    def test_optional_takes_what_the_server_gives(self):
        done = self.sign_in(self.server.client_id_dpop, dpop="--dpop=optional")
        self.assertEqual(self.json_of(done)["token_type"], "DPoP")
        self.assertEqual(done.stderr, "")

    def test_what_is_shown_of_a_request_has_the_length_of_the_proof_only(self):
        dry = self.sign_in(self.server.client_id_dpop, "--dry-run")
        self.assertRegex(dry.stderr + dry.stdout, r"> DPoP: \(\d+ bytes\)")
        self.assertEqual(self.server.requests(), [])
        self.store_holds_nothing()
        done = self.sign_in(self.server.client_id_dpop, "-v")
        self.assertRegex(done.stderr, r"> DPoP: \(\d+ bytes\)")
        self.assertNotIn("eyJ", done.stderr)
        dry = self.program.run("refresh", "--dry-run")
        self.assertRegex(dry.stderr + dry.stdout, r"> DPoP: \(\d+ bytes\)")


if __name__ == "__main__":
    unittest.main()
