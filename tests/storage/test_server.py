"""What no client does by itself: servers that die, locks that others keep, requests made to deceive.

Takes the folder with assay in it from $ASSAY_BIN. Standard library only.
"""

import base64
import fcntl
import hashlib
import http.client
import json
import os
import random
import resource
import signal
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../api"))
from service import Service  # noqa: E402  (the path comes first)

ROUNDS = 8  # in which the server is killed
LONGEST = 0.06  # seconds that it lives in each


class Server(Service):
    """One that ends as it pleases, and whose state folder outlives it."""

    def __init__(self, state):
        super().__init__(os.environ["ASSAY_BIN"])
        # What comes behind these words, another state folder, is left out.
        self.command = ["sh", "-c", 'exec "$0" serve --listen 127.0.0.1:0 --state "$1"', self.command[0], state]

    def _end(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, kind, value, trace):
        self._end()
        said = self._said()
        self._tidy()
        if "Sanitizer:" in said or "runtime error:" in said:
            raise RuntimeError(said[-4000:])

    def send(self, method, target, body=None, headers=None, seconds=20):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()


def multipart(name, version, data):
    resource = json.dumps({"name": name, "metadata": {"version": str(version)}}).encode()
    return (b"--cut\r\nContent-Type: application/json\r\n\r\n" + resource +
            b"\r\n--cut\r\nContent-Type: text/plain\r\n\r\n" + data + b"\r\n--cut--")


def content(version):
    """Of another size for each version, and large enough to be written in pieces."""
    return f"{version},".encode() * (60_000 + 7 * version)


class Crashes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="assay-storage-")
        self.addCleanup(folder.cleanup)
        self.state = os.path.join(folder.name, "state")

    def check(self, server, latest):
        """The object is a whole one, with what belongs to it, and no older than what was acknowledged."""
        status, _, data = server.send("GET", "/b/crash/o/d%2Fx?alt=media")
        if status == 404:
            self.assertEqual(latest, 0)
            return 0
        version = int(data.split(b",", 1)[0])
        self.assertGreaterEqual(version, latest)
        self.assertEqual(data, content(version))
        told = json.loads(server.send("GET", "/b/crash/o/d%2Fx")[2])
        self.assertEqual(told["metadata"], {"version": str(version)})
        self.assertEqual(int(told["size"]), len(data))
        self.assertEqual(base64.b64decode(told["md5Hash"]), hashlib.md5(data).digest())
        return version

    def test_after_a_kill_an_object_is_the_old_or_the_new_one(self):
        dice = random.Random(1)
        sent = acknowledged = 0
        for _ in range(ROUNDS):
            with Server(self.state) as server:
                acknowledged = self.check(server, acknowledged)
                threading.Timer(dice.uniform(0.005, LONGEST), server.process.send_signal, [signal.SIGKILL]).start()
                while True:
                    sent += 1
                    try:
                        status, _, said = server.send(
                            "POST", "/upload/storage/v1/b/crash/o?uploadType=multipart",
                            multipart("d/x", sent, content(sent)), {"Content-Type": "multipart/related; boundary=cut"})
                    except (OSError, http.client.HTTPException):
                        break
                    self.assertEqual(status, 200, said)
                    acknowledged = sent
        with Server(self.state) as server:
            self.check(server, acknowledged)
            names = [item["name"] for item in json.loads(server.send("GET", "/b/crash/o")[2])["items"]]
            self.assertEqual(names, ["d/x"])
        self.assertGreater(acknowledged, 0)

    def test_an_upload_goes_on_after_the_server_was_killed(self):
        data = content(1)
        half = len(data) // 2
        with Server(self.state) as server:
            status, headers, _ = server.send(
                "POST", "/upload/storage/v1/b/crash/o?uploadType=resumable&name=on",
                json.dumps({"metadata": {"k": "v"}}), {"X-Upload-Content-Type": "text/css"})
            self.assertEqual(status, 200)
            target = headers["Location"].split(server.url, 1)[1]
            status, headers, _ = server.send("PUT", target, data[:half], {"Content-Range": f"bytes 0-{half - 1}/*"})
            self.assertEqual((status, headers["Range"]), (308, f"bytes=0-{half - 1}"))
        with Server(self.state) as server:
            status, headers, _ = server.send("PUT", target, b"", {"Content-Range": "bytes */*"})
            self.assertEqual((status, headers["Range"]), (308, f"bytes=0-{half - 1}"))
            status, _, said = server.send("PUT", target, data[half:], {
                "Content-Range": f"bytes {half}-{len(data) - 1}/{len(data)}"})
            self.assertEqual(status, 200, said)
            told = json.loads(said)
            self.assertEqual((told["metadata"], told["contentType"]), ({"k": "v"}, "text/css"))
            self.assertEqual(base64.b64decode(told["md5Hash"]), hashlib.md5(data).digest())
            self.assertEqual(server.send("GET", "/b/crash/o/on?alt=media")[2], data)


class Deceit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(os.environ["ASSAY_BIN"])
        cls.service.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.service.__exit__(None, None, None)

    def send(self, *words, **options):
        return Server.send(self.service, *words, **options)

    def put(self, name, data, query="", headers=None):
        return self.send("POST", f"/upload/storage/v1/b/deceit/o?uploadType=media&name={name}{query}", data, headers)

    def test_a_lock_that_another_process_keeps_does_not_keep_the_server(self):
        self.assertEqual(self.put("x", b"1")[0], 200)
        with open(os.path.join(self.service.folder, "state/buckets.lock"), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            waiting = [threading.Thread(target=self.put, args=("x", b"2")) for _ in range(40)]
            for thread in waiting:
                thread.start()
            time.sleep(0.1)
            self.assertEqual(self.send("GET", "/b/deceit/o/x?alt=media", seconds=5)[2], b"1")
            self.assertEqual(self.send("GET", "/healthz", seconds=5)[0], 200)
            for thread in waiting:
                thread.join()
            begun = time.monotonic()
            self.assertEqual(self.put("x", b"3")[0], 503)
            self.assertLess(time.monotonic() - begun, 2)
        self.assertEqual(self.put("x", b"4")[0], 200)
        self.assertEqual(self.send("GET", "/b/deceit/o/x?alt=media")[2], b"4")

    def test_a_condition_that_cannot_be_read_is_refused(self):
        self.assertEqual(self.put("kept", b"old")[0], 200)
        for query in ("&ifGenerationMatch=%", "&ifGenerationMatch=%zz", "&ifGenerationMatch=", "&ifGenerationMatch=%00"):
            self.assertEqual(self.put("kept", b"new", query)[0], 400, query)
        self.assertEqual(self.send("DELETE", "/b/deceit/o/kept?generation=%zz")[0], 400)
        self.assertEqual(self.send("GET", "/b/deceit/o/kept?alt=media")[2], b"old")

    def test_more_bytes_than_were_told_of_are_not_taken(self):
        _, headers, _ = self.send("POST", "/upload/storage/v1/b/deceit/o?uploadType=resumable&name=more", "{}")
        target = headers["Location"].split(self.service.url, 1)[1]
        for told in ("bytes 0-9/10", "bytes 0-9/*", "bytes 0-*/10"):
            self.assertEqual(self.send("PUT", target, b"x" * 20, {"Content-Range": told})[0], 400, told)
        status, headers, _ = self.send("PUT", target, b"", {"Content-Range": "bytes */10"})
        self.assertEqual((status, headers.get("Range")), (308, None))
        self.assertEqual(self.send("PUT", target, b"x" * 10, {"Content-Range": "bytes 0-9/10"})[0], 200)

    def test_a_folder_that_cannot_be_read_is_no_shorter_list(self):
        self.assertEqual(self.put("/".join(["deep"] * 60) + "/last", b"1")[0], 200)
        pid = self.service.process.pid
        old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        opened = len(os.listdir(f"/proc/{pid}/fd"))
        try:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (opened + 30, old[1]))
            status, _, said = self.send("GET", "/b/deceit/o?prefix=deep/")
            self.assertGreaterEqual(status, 429, said)
            self.assertIn(b"Too many open files", said)
            status, _, said = self.send("GET", "/b/deceit/o?delimiter=/")
            self.assertIn("deep/", json.loads(said).get("prefixes", []) if status == 200 else ["deep/"])
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, old)
        status, _, said = self.send("GET", "/b/deceit/o?prefix=deep/")
        self.assertEqual((status, said.count(b"/last\"")), (200, 1))

    def test_a_generation_is_a_number(self):
        self.assertEqual(self.put("part", b"1")[0], 200)
        for generation in ("abc", "", 1e300):
            status, _, said = self.send("POST", "/b/deceit/o/sum/compose", json.dumps(
                {"sourceObjects": [{"name": "part", "generation": generation}]}))
            self.assertEqual(status, 400, said)

    def test_a_page_among_the_objects_does_not_speak_for_the_server(self):
        self.assertEqual(self.put("page", b"<script>", headers={"Content-Type": "text/html"})[0], 200)
        _, headers, _ = self.send("GET", "/b/deceit/o/page?alt=media")
        self.assertEqual(headers["Content-Type"], "text/html")
        self.assertIn("sandbox", headers["Content-Security-Policy"])
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")


if __name__ == "__main__":
    unittest.main()
