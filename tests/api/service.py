"""Starts `assay serve` on a free port of loopback, with a state folder of its own.

    with Service("build/release/bin") as service:
        status, body = service.ask("GET", "/assay/v1/jobs")

Standard library only. At the end of the block running trials are told to stop, the server gets
SIGTERM, and the folder is removed; a server that ends badly, or in which a sanitizer speaks, is a
RuntimeError. Threads may call ask() at the same time: each request has a connection of its own.
"""

import http.client
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time

START_SECONDS = 30
END_SECONDS = 30
ANSWER_SECONDS = 60


class Service:
    """`port`, `url` and `folder` (with serve.err in it) are there inside the block."""

    def __init__(self, bin_dir, words=()):
        self.command = [os.path.join(os.path.abspath(bin_dir), "assay"), "serve",
                        "--listen", "127.0.0.1:0", *words]

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="assay-serve-")
        self.errors = open(os.path.join(self.folder, "serve.err"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [*self.command, "--state", os.path.join(self.folder, "state")], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors)
        try:
            self.url = self._address()
        except BaseException:
            self.process.kill()
            self._tidy()
            raise
        self.port = int(self.url.rsplit(":", 1)[1])
        self.url = f"http://127.0.0.1:{self.port}"  # also where it listens on all addresses
        return self

    def __exit__(self, kind, value, trace):
        try:
            self._end()
            said = self._said()
            if self.process.returncode not in (0, 130) or "Sanitizer:" in said or "runtime error:" in said:
                raise RuntimeError(f"assay serve ended with {self.process.returncode}: {said[-4000:]}")
        finally:
            self._tidy()

    def ask(self, method, target, body=None, headers=None):
        """Status and parsed answer. `body` is text, or what json can write."""
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        status, answer, _ = self.exchange(method, target, body, headers)
        return status, json.loads(answer) if answer else None

    def exchange(self, method, target, body=None, headers=None, has_chunks=False):
        """Status, text and headers of the answer to a request as it is written; body is text or bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            data = body.encode() if isinstance(body, str) else body
            if data and has_chunks:
                data = iter([data[:7], data[7:]] if len(data) > 7 else [data])
            connection.request(method, target, data or None,
                               {"content-type": "application/json", **(headers or {})},
                               encode_chunked=has_chunks)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}

    def _address(self):
        """The URL of the line that the server prints once it listens."""
        said = b""
        end = time.monotonic() + START_SECONDS
        while b"\n" not in said and time.monotonic() < end:
            if select.select([self.process.stdout], [], [], 1)[0]:
                piece = os.read(self.process.stdout.fileno(), 4096)
                if not piece:
                    break
                said += piece
        match = re.search(rb"listening on (http://[\d.]+:\d+)\n", said)
        if not match:
            raise RuntimeError(f"assay serve does not listen; it says {said!r}: {self._said()}")
        return match.group(1).decode()

    def _end(self):
        """Trials outlive their server, so they are stopped first."""
        try:
            self.ask("POST", "/assay/v1:pause?manner=now")
            end = time.monotonic() + END_SECONDS
            while time.monotonic() < end:
                jobs = self.ask("GET", "/assay/v1/jobs")[1].get("jobs", [])
                if not any(job.get("isWorkedOn") and job.get("kind") != "Study" for job in jobs):
                    break
                time.sleep(0.05)
        except (OSError, ValueError):
            pass # the server is gone, which its exit status tells
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _said(self):
        self.errors.seek(0)
        return self.errors.read()

    def _tidy(self):
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)
