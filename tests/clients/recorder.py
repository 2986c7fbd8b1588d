"""A wire tap: passes bytes between clients and a server, and tells afterwards what was said.

    with Recorder(service.port) as recorder:
        ... clients talk to recorder.url ...
        recorder.save(path)

    recorder.py FILE COMMAND…    the same for a command, before the server at $ASSAY_ENDPOINT

Nothing is changed on the way, so a client meets the server's own bytes, pauses and closed
connections. Standard library only.
"""

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.parse

PIECE_BYTES = 65536


class Recorder:
    """`url` is where clients connect."""

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.conversations = []  # (asked, answered): all bytes of a connection, each way

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind, value, trace):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()  # as the server itself would have it
                continue
            asked, answered = bytearray(), bytearray()
            self.conversations.append((asked, answered))
            for source, sink, record in ((client, server, asked), (server, client, answered)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=_pass_on, args=(source, sink, record), daemon=True).start()

    def exchanges(self):
        """A dictionary for each request that was answered, in the order of their connections."""
        found = []
        for asked, answered in list(self.conversations):
            requests = list(messages(bytes(asked)))
            methods = [line.split(" ", 1)[0] for line, _, _ in requests]
            for request, answer in zip(requests, messages(bytes(answered), methods)):
                method, target, _ = request[0].split(" ", 2)
                found.append({"method": method, "target": target, "requestHeaders": request[1],
                              "request": request[2].decode(errors="replace"),
                              "status": int(answer[0].split(" ")[1]), "headers": answer[1],
                              "answer": answer[2].decode(errors="replace")})
        return found

    def save(self, path):
        """Adds a line of JSON for each exchange to a file."""
        with open(path, "a", encoding="utf-8") as file:
            for exchange in self.exchanges():
                file.write(json.dumps(exchange) + "\n")


def _pass_on(source, sink, record):
    try:
        while piece := source.recv(PIECE_BYTES):
            record += piece
            sink.sendall(piece)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def messages(stream, methods=None):
    """(first line, headers, body) of each whole HTTP/1.1 message.

    `methods` are those of the requests, if the stream is one of answers.
    """
    at = 0
    count = 0
    while True:
        end = stream.find(b"\r\n\r\n", at)
        if end < 0:
            return
        head = stream[at:end].decode("latin-1").split("\r\n")
        fields = [line.partition(":") for line in head[1:]]
        headers = {name.lower(): value.strip() for name, _, value in fields}
        at = end + 4
        is_answer = methods is not None
        status = head[0].split(" ")[1] if is_answer else ""
        if status.startswith("1"):
            continue  # 100 Continue goes before the answer
        is_empty = is_answer and (methods[count] == "HEAD" or status in ("204", "304"))
        count += 1
        if is_empty:
            body = b""
        elif "chunked" in headers.get("transfer-encoding", ""):
            body, at = _chunks(stream, at)
        elif "content-length" in headers:
            length = int(headers["content-length"])
            body, at = stream[at:at + length], at + length
        elif is_answer:
            body, at = stream[at:], len(stream)  # until the connection's end
        else:
            body = b""
        if at > len(stream):
            return
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        yield head[0], headers, body
        if is_answer and count == len(methods):
            return


def _chunks(stream, at):
    body = b""
    while True:
        end = stream.find(b"\r\n", at)
        if end < 0:
            return body, len(stream) + 1
        size = int(stream[at:end].split(b";")[0], 16)
        at = end + 2
        if size == 0:
            return body, at + 2
        body += stream[at:at + size]
        at += size + 2


def main():
    path, command = sys.argv[1], sys.argv[2:]
    with Recorder(urllib.parse.urlsplit(os.environ["ASSAY_ENDPOINT"]).port) as recorder:
        there = {"ASSAY_ENDPOINT": recorder.url, "ASSAY_TEST_URL": recorder.url}
        status = subprocess.run(command, env={**os.environ, **there}, check=False).returncode
        recorder.save(path)
    return status


if __name__ == "__main__":
    sys.exit(main())
