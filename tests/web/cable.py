"""A cable between a browser and the server, to be pulled out and plugged in again.

    with Cable(service.port) as cable:
        …  # f"http://127.0.0.1:{cable.port}"
        cable.pull()
        cable.plug()
"""

import socket
import threading


class Cable:
    def __init__(self, port):
        self.far = ("127.0.0.1", port)
        self.is_plugged = True
        self.lock = threading.Lock()  # guards is_plugged and ends
        self.ends = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind, value, trace):
        self.listener.close()
        self.pull()

    def pull(self):
        """All connections end at once, and new ones are refused."""
        with self.lock:
            self.is_plugged = False
            ends, self.ends = self.ends, []
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself

    def plug(self):
        with self.lock:
            self.is_plugged = True

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if not self.is_plugged:
                    near.close()
                    continue
                far = socket.create_connection(self.far)
                self.ends += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    @staticmethod
    def _carry(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # pulled out
