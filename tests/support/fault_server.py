"""A server on loopback that does to a client whatever a test wants.

A behaviour is a function of one Connection: it reads, sends, waits, closes. The server calls the first one for the first
connection and so on, the last one for all that follow.
"""

import select
import socket
import ssl
import struct
import warnings
from dataclasses import dataclass, field

from listener import Listener


@dataclass
class Request:
    """What a client sent."""

    raw: bytes
    method: str = ""
    target: str = ""
    headers: list = field(default_factory=list)
    body: bytes = b""

    def header(self, name):
        """The values of all headers of that name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Connection:
    """One accepted connection. Everything fails with OSError once the client is gone or the server stops."""

    def __init__(self, server, stream, number):
        self.server = server
        self.socket = stream
        self.number = number
        self.buffer = b""

    def start_tls(self):
        plain = self.socket.dup()
        self.socket = self.server.tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        try:
            self.socket.do_handshake()
        except ssl.SSLError:  # closing with data unread would take the alert back
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(65536):
                pass
            raise
        finally:
            plain.close()
        self.server.resumed.append(self.socket.session_reused)

    def read_request(self):
        """The next request, or None when the client closed."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                return None
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        request = Request(b"", method, target, [tuple(line.split(": ", 1)) for line in lines[1:]])
        length = int((request.header("Content-Length") or ["0"])[0])
        while len(rest) < length:
            if not self._more():
                return None
            rest = self.buffer.partition(b"\r\n\r\n")[2]
        request.body = rest[:length]
        end = len(head) + 4 + length
        request.raw, self.buffer = self.buffer[:end], self.buffer[end:]
        self.server.requests.append(request)
        return request

    def _more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def send(self, data):
        self.socket.sendall(data)

    def trickle(self, data, delay):
        for byte in data:
            self.send(bytes([byte]))
            if self.until_gone(delay):
                return

    def close(self):
        """Ends TLS, then TCP; nothing when it has ended already."""
        if self.socket.fileno() < 0:
            return
        try:
            if isinstance(self.socket, ssl.SSLSocket):
                self.socket.settimeout(1)
                self.socket.unwrap()
        except OSError:
            pass
        self.socket.close()

    def close_without_notice(self):
        """Ends TCP without ending TLS."""
        self.socket.close()

    def reset(self):
        """Ends with RST, which takes unread data with it."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def wait(self):
        """Until the client goes away or the server stops."""
        while self._more():
            pass

    def until_gone(self, timeout=None):
        """Until the client ends its side, reading nothing, or for so many seconds; whether it has."""
        hang_up = select.poll()
        hang_up.register(self.socket.fileno(), select.POLLRDHUP)
        return bool(hang_up.poll(None if timeout is None else timeout * 1000))


class FaultServer(Listener):
    """`tls` is an ssl.SSLContext, or None for plain http."""

    def __init__(self, *behaviours, tls=None, host="127.0.0.1"):
        self.behaviours = behaviours
        self.tls = tls
        self.requests = []
        self.resumed = []  # of each TLS handshake, whether it resumed a session
        self.failures = []  # what the server's side of a connection ended with
        self.begun = []  # the numbers of the connections whose behaviour is chosen
        super().__init__(host)

    @property
    def connections(self):
        return len(self.begun)

    def url(self, path="/token", host=None):
        return f"{'https' if self.tls else 'http'}://{host or self.host}:{self.port}{path}"

    def _serve(self, stream, number):
        behaviour = self.behaviours[min(number, len(self.behaviours)) - 1]
        self.begun.append(number)
        connection = Connection(self, stream, number)
        try:
            if self.tls and not getattr(behaviour, "before_tls", False):
                connection.start_tls()
            behaviour(connection)
            connection.close()
        except OSError as error:  # ssl.SSLError is one
            self.failures.append(error)
            connection.socket.close()


def server_tls(certificate, key, client_authority=None, **limits):
    """An ssl.SSLContext for a server; `limits` are its attributes, e.g. maximum_version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if limits.get("maximum_version") in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with warnings.catch_warnings():  # old versions of TLS are what some tests are about
        warnings.simplefilter("ignore", DeprecationWarning)
        for name, value in limits.items():
            setattr(context, name, value)
    if client_authority:
        context.load_verify_locations(client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


# --- behaviours ---------------------------------------------------------------------------------------------------

def response(body=b"{}", status=200, headers=(), reason="OK"):
    """The bytes of a response with a Content-Length."""
    lines = [f"HTTP/1.1 {status} {reason}", *[f"{name}: {value}" for name, value in headers],
             f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def answering(data):
    """Answers every request with the same bytes, and keeps the connection."""
    def behave(connection):
        while connection.read_request():
            connection.send(data)
    return behave


def answering_once(data, end=Connection.close):
    """Answers one request with any bytes, then ends."""
    def behave(connection):
        if connection.read_request():
            connection.send(data)
        end(connection)
    return behave


def after_request(end):
    """Reads one request, then ends without an answer."""
    return answering_once(b"", end)


def at_once(end):
    """Ends right after the handshake (TCP's, or TLS's where there is TLS)."""
    return end


def before_handshake(behave):
    """Runs `behave` instead of the TLS handshake."""
    def wrapped(connection):
        behave(connection)
    wrapped.before_tls = True
    return wrapped


def never_answering(connection):
    connection.wait()


def never_reading(connection):
    connection.until_gone()


def trickling(data, delay=0.02):
    def behave(connection):
        connection.read_request()
        connection.trickle(data, delay)
    return behave


def endlessly(start, part, delay=0):
    """Answers with `start`, then with `part` again and again, until the client goes away."""
    def behave(connection):
        connection.read_request()
        connection.send(start)
        while not connection.until_gone(delay):
            connection.send(part)
    return behave


def unasked(data):
    """Answers before it reads, and stays."""
    def behave(connection):
        connection.send(data)
        connection.wait()
    return behave
