"""Certificates for tests, made by the openssl command into a folder."""

import os
import subprocess
import tempfile
import unittest

CONFIG = """
[ca]
default_ca = authority
[authority]
dir = {folder}
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = copy
[anything]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
[server]
basicConstraints = CA:FALSE
{extensions}
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign,digitalSignature
{constraints}
"""

KEYS = {"ec": ("EC", "ec_paramgen_curve:P-256"), "weak": ("RSA", "rsa_keygen_bits:1024"),
        "rsa512": ("RSA", "rsa_keygen_bits:512")}

LOCALHOST = "DNS:localhost,IP:127.0.0.1"


def openssl(*arguments, **keywords):
    """Runs the openssl command; fails with what it said."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, check=False, **keywords)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


class Authority:
    """A certificate authority in `folder`; `file` is its certificate. It is a root, or issued by `parent`; `constraints` is
    the value of nameConstraints, such as "permitted;DNS:example"; `kind` "server" makes it one that may issue nothing.
    """

    def __init__(self, folder, name="Test Authority", parent=None, constraints="", key="ec", digest="sha256",
                 end="20991231235959Z", kind="root"):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.file = self.path("ca.pem")
        for file, content in (("index.txt", ""), ("serial", "1000\n")):
            with open(self.path(file), "w", encoding="ascii") as out:
                out.write(content)
        self._configure(LOCALHOST)
        self._key("ca.key", key)
        if parent is None:
            openssl("req", "-config", self.path("config"), "-x509", "-new", "-key", self.path("ca.key"), "-days", "30",
                    "-subj", f"/CN={name}", "-extensions", "root", "-out", self.file)
            return
        parent._configure(LOCALHOST, constraints=constraints)
        self._sign(parent, "ca", f"/CN={name}", kind, digest, "20200101000000Z", end)

    def intermediate(self, name, **options):
        """An authority that this one issued, in a folder below."""
        return Authority(self.path(name.replace(" ", "-")), name, self, **options)

    def path(self, name):
        return os.path.join(self.folder, name)

    def certificate(self, name, names=LOCALHOST, start="20200101000000Z", end="20991231235959Z", key="ec", usage="",
                    digest="sha256", subject=None):
        """Issues a certificate, for a server or client if `usage` does not say serverAuth or clientAuth; returns the
        paths of certificate and key. `names` "": no subjectAltName. `subject` is /CN=NAME if not given."""
        self._configure(names, usage)
        self._key(name + ".key", key)
        self._sign(self, name, subject or f"/CN={name}", "server", digest, start, end)
        return self.path(name + ".pem"), self.path(name + ".key")

    def chain(self, certificate, *more):
        """The certificate and its key, with the files `more` behind it, as a server sends them."""
        whole = certificate[0] + ".chain"
        with open(whole, "w", encoding="ascii") as out:
            for file in (certificate[0], *more):
                with open(file, encoding="ascii") as part:
                    out.write(part.read())
        return whole, certificate[1]

    def self_signed(self, name, names=LOCALHOST):
        self._configure(names)
        self._key(name + ".key")
        openssl("req", "-config", self.path("config"), "-x509", "-new", "-key", self.path(name + ".key"), "-days", "30",
                "-subj", f"/CN={name}", "-extensions", "server", "-out", self.path(name + ".pem"))
        return self.path(name + ".pem"), self.path(name + ".key")

    def revoke(self, name):
        """Revokes the certificate `name`; returns the path of a list of all that are revoked."""
        openssl("ca", "-config", self.path("config"), "-revoke", self.path(name + ".pem"))
        openssl("ca", "-config", self.path("config"), "-gencrl", "-crldays", "10", "-out", self.path("crl.pem"))
        return self.path("crl.pem")

    def stapled_status(self, name, revoke=False):
        """An OCSP response about the certificate `name`, as a file."""
        if revoke:
            self.revoke(name)
        out = self.path(name + ".ocsp")
        openssl("ocsp", "-index", self.path("index.txt"), "-rsigner", self.file, "-rkey", self.path("ca.key"), "-CA",
                self.file, "-issuer", self.file, "-cert", self.path(name + ".pem"), "-ndays", "10", "-respout", out)
        return out

    def _sign(self, issuer, name, subject, kind, digest, start, end):
        openssl("req", "-config", issuer.path("config"), "-new", "-key", self.path(name + ".key"), "-subj", subject,
                "-out", self.path(name + ".csr"))
        openssl("ca", "-config", issuer.path("config"), "-batch", "-notext", "-extensions", kind, "-md", digest,
                "-startdate", start, "-enddate", end, "-in", self.path(name + ".csr"), "-out", self.path(name + ".pem"))

    def _configure(self, names, usage="", constraints=""):
        extensions = [f"subjectAltName = {names}"] * bool(names) + [f"extendedKeyUsage = {usage}"] * bool(usage)
        with open(self.path("config"), "w", encoding="ascii") as out:
            out.write(CONFIG.format(folder=self.folder, extensions="\n".join(extensions),
                                    constraints=f"nameConstraints = critical,{constraints}" if constraints else ""))

    def _key(self, name, kind="ec"):
        algorithm, size = KEYS[kind]
        openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", size, "-out", self.path(name))


class AuthorityCase(unittest.TestCase):
    """Tests with an authority, in a folder that goes after the last one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.authority = Authority(cls.folder.name)
