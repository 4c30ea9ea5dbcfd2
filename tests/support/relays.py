"""What stands between a client and a server: a proxy, and a wire that is cut."""

import select
import socket
import ssl
import struct

from fault_server import Connection
from listener import Listener


class ConnectProxy(Listener):
    """An HTTP proxy that tunnels every CONNECT to `port` on this machine, whatever the name asked for.

    `status` other than 200 refuses; with `user` (b"name:password" in base64) anything else is status 407. `tls` is an
    ssl.SSLContext, or None for plain http to the proxy.
    """

    def __init__(self, port, status=200, user=None, answer=True, tls=None):
        self.target = port
        self.status = status
        self.user = user
        self.answer = answer
        self.tls = tls
        self.requests = []
        self.certificates = []  # of the clients, in DER; None for one that showed none
        super().__init__()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _serve(self, stream, number):
        if self.tls:
            stream = self.tls.wrap_socket(stream, server_side=True)
            with self.lock:
                self.open.append(stream)
                self.certificates.append(stream.getpeercert(True))
        connection = Connection(self, stream, number)
        try:
            request = connection.read_request()
            if request is None or not self.answer:
                connection.wait()
                return
            status = self.status
            if self.user and request.header("Proxy-Authorization") != ["Basic " + self.user]:
                status = 407
            if request.method != "CONNECT":
                status = 405
            if status != 200:
                connection.send(b"HTTP/1.1 %d Refused\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\n"
                                b"Content-Length: 0\r\n\r\n" % status)
                connection.close()
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            with self.lock:
                self.open.append(server)
            connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._pump(stream, server)
        except OSError:
            pass
        finally:
            stream.close()

    @staticmethod
    def _pump(client, server):
        """Both ways, until both sides have ended; a reset is passed on."""
        other = {client: server, server: client}
        reading = [client, server]
        while reading:
            decrypted = [each for each in reading if isinstance(each, ssl.SSLSocket) and each.pending()]
            for source in decrypted or select.select(reading, [], [])[0]:
                target = other[source]
                try:
                    data = source.recv(65536)
                    target.sendall(data)
                    if not data:
                        reading.remove(source)
                        target.shutdown(socket.SHUT_WR)
                except OSError:
                    for end in (client, server):
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        end.close()
                    return
        server.close()


class CuttingRelay(Listener):
    """Passes every connection on to `port` on this machine, and ends it after so many bytes of one direction: `cut` is None, or
    (whether to the client, the number of bytes, Connection.close or .reset). `bytewise`: one byte at a time.
    """

    def __init__(self, port, bytewise=False):
        self.target = port
        self.bytewise = bytewise
        self.cut = None
        self.passed = {}  # of the last connection, bytes by direction
        super().__init__()

    def url(self, scheme):
        return f"{scheme}://{self.host}:{self.port}/token"

    def _serve(self, stream, number):
        cut, passed = self.cut, {True: 0, False: 0}
        self.passed = passed
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.open.append(server)
            try:
                while not (cut and passed[cut[0]] >= cut[1]) and self._pass(stream, server, cut, passed):
                    pass
                if cut and cut[2] is Connection.reset:
                    Connection.reset(Connection(self, stream, number))
                    return
                stream.shutdown(socket.SHUT_WR)
                while stream.recv(65536):
                    pass
            except OSError:  # the client has gone
                pass
            stream.close()

    def _pass(self, client, server, cut, passed):
        for source in select.select([client, server], [], [])[0]:
            to_client = source is server
            most = min(65536, cut[1] - passed[to_client]) if cut and cut[0] == to_client else 65536
            if most == 0:
                return True
            data = source.recv(1 if self.bytewise else most)
            (client if to_client else server).sendall(data)
            passed[to_client] += len(data)
            if not data:
                return False
        return True
