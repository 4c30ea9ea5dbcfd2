"""What every server of the tests is: a port on loopback, and a thread for each connection."""

import socket
import threading

BACKLOG = 1024


class Listener:
    """Accepts on a port that the system picks; one thread a connection."""

    def __init__(self, host="127.0.0.1"):
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.create_server((host, 0), family=self.family, backlog=BACKLOG, reuse_port=True)
        self.host = f"[{host}]" if ":" in host else host
        self.port = self.socket.getsockname()[1]
        self.open = []
        self.threads = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._start_accepting()

    def _start_accepting(self):
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                stream, _ = self.socket.accept()
            except OSError:
                return
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.open.append(stream)
                number = len(self.open)
                thread = threading.Thread(target=self._serve, args=(stream, number), daemon=True)
                self.threads.append(thread)
                thread.start()

    def _serve(self, stream, number):
        raise NotImplementedError

    def refuse(self):
        """Connections are refused from now on; the port stays ours."""
        kept = socket.socket(self.family, socket.SOCK_STREAM)
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        kept.bind(self.socket.getsockname())
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        self.socket = kept

    def accept_again(self):
        self.socket.listen(BACKLOG)
        self._start_accepting()

    def settle(self):
        """Until all that was sent so far is dealt with; the clients must be gone."""
        with socket.create_connection(self.socket.getsockname()) as last:
            last.shutdown(socket.SHUT_WR)
            while last.recv(65536):
                pass
        for thread in list(self.threads):
            thread.join(20)

    def stop(self):
        self.stopping.set()
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:  # it refuses already
            pass
        self.socket.close()
        self.thread.join()
        for stream in self.open:
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
