#!/usr/bin/python3
"""Follows a stream of events as a browser would: tests/cli/watcher.py URL [option...]

Prints each event as a line of JSON, {"id": …, "event": …, "data": …}, and "pulse" for each comment.
Comes back with the id of the last event when the connection breaks, for 20 seconds, and ends when
the server answers 204 or the stream came to its end.

  --after ID        begins there
  --sleep SECONDS   reads nothing for so long, behind a small buffer
  --count N         so many at once; prints how many came to their end, and nothing else
  --once            does not come back
"""

import argparse
import json
import selectors
import socket
import sys
import time
from urllib.parse import urlsplit


class Broken(Exception):
    pass


class Connection:
    def __init__(self, url, after, buffer=0):
        parts = urlsplit(url)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(60)
        self.socket.connect((parts.hostname, parts.port))
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        last = f"Last-Event-ID: {after}\r\n" if after is not None else ""
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{last}\r\n".encode())
        self.bytes = b""

    def until(self, end):
        while end not in self.bytes:
            piece = self.socket.recv(65536)
            if not piece:
                raise Broken()
            self.bytes += piece
        head, self.bytes = self.bytes.split(end, 1)
        return head

    def exactly(self, size):
        while len(self.bytes) < size:
            piece = self.socket.recv(65536)
            if not piece:
                raise Broken()
            self.bytes += piece
        head, self.bytes = self.bytes[:size], self.bytes[size:]
        return head

    def status(self):
        return int(self.until(b"\r\n\r\n").split(b" ")[1])

    def pieces(self):
        """The body's pieces; ends where the server ended it."""
        while True:
            size = int(self.until(b"\r\n"), 16)
            piece = self.exactly(size)
            self.exactly(2)
            if size == 0:
                return
            yield piece


def follow(connection, after):
    """Prints what comes; returns the last id and whether the stream came to its end."""
    text = b""
    try:
        for piece in connection.pieces():
            text += piece
            while b"\n\n" in text:
                block, text = text.split(b"\n\n", 1)
                fields = {}
                for line in block.decode().split("\n"):
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    if line.startswith(":"):
                        print("pulse", flush=True)
                after = fields.get("id", after)
                if "data" in fields:
                    print(json.dumps({"id": fields["id"], "event": fields["event"],
                                      "data": json.loads(fields["data"])}), flush=True)
        return after, True
    except (Broken, OSError):
        return after, False


def watch(options):
    after = options.after
    late = time.monotonic() + 20
    while True:
        try:
            connection = Connection(options.url, after, 4096 if options.sleep else 0)
            status = connection.status()
        except (Broken, OSError):
            if time.monotonic() > late:
                print("the server is gone", file=sys.stderr)
                return 1
            time.sleep(0.1)
            continue
        if status != 200:
            print(f"status {status}", file=sys.stderr)
            return 0 if status == 204 else 1
        time.sleep(options.sleep)
        after, is_end = follow(connection, after)
        if is_end or options.once:
            return 0 if is_end else 1
        late = time.monotonic() + 20


def watch_many(options):
    chooser = selectors.DefaultSelector()
    tails = {}
    ended = 0
    for _ in range(options.count):
        connection = Connection(options.url, options.after)
        chooser.register(connection.socket, selectors.EVENT_READ)
        tails[connection.socket] = b""
    print("connected", flush=True)
    while tails:
        for key, _ in chooser.select(60):
            piece = key.fileobj.recv(65536)
            tails[key.fileobj] = (tails[key.fileobj] + piece)[-7:]
            is_end = tails[key.fileobj] == b"\r\n0\r\n\r\n"
            if is_end or not piece:
                ended += is_end
                chooser.unregister(key.fileobj)
                del tails[key.fileobj]
    print(f"ended {ended}", flush=True)
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--after")
    parser.add_argument("--sleep", type=float, default=0)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    return watch_many(options) if options.count else watch(options)


if __name__ == "__main__":
    sys.exit(main())
