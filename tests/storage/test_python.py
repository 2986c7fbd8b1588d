"""google-cloud-storage, unmodified, against the server that $STORAGE_EMULATOR_HOST names."""

import base64
import concurrent.futures
import gzip
import hashlib
import http.client
import io
import os
import time
import unittest
import urllib.parse
import uuid

from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

URL = os.environ["STORAGE_EMULATOR_HOST"]
BUCKETS = os.environ["ASSAY_TEST_BUCKETS"]  # where they lie on the disk


def make_client():
    return storage.Client(project="demo", credentials=AnonymousCredentials())


class Storage(unittest.TestCase):
    def setUp(self):
        self.client = make_client()
        self.bucket = self.client.create_bucket("b-" + uuid.uuid4().hex)

    def path(self, name):
        return os.path.join(BUCKETS, self.bucket.name, name)

    def put(self, name, data=b"data", **options):
        blob = self.bucket.blob(name)
        blob.upload_from_string(data, **options)
        return blob

    def names(self, **options):
        return [blob.name for blob in self.client.list_blobs(self.bucket, **options)]

    def test_a_bucket_is_made_found_listed_and_removed(self):
        name = "life-" + uuid.uuid4().hex
        self.assertIsNone(self.client.lookup_bucket(name))
        bucket = self.client.create_bucket(name)
        self.assertTrue(bucket.exists())
        self.assertRaises(exceptions.Conflict, self.client.create_bucket, name)
        self.assertIn(name, [found.name for found in self.client.list_buckets()])
        bucket.labels = {"team": "blue"}
        bucket.patch()
        self.assertEqual(self.client.get_bucket(name).labels, {"team": "blue"})
        bucket.blob("x").upload_from_string(b"1")
        self.assertRaises(exceptions.Conflict, bucket.delete)
        bucket.delete(force=True)
        self.assertFalse(bucket.exists())
        self.assertFalse(os.path.exists(os.path.join(BUCKETS, name)))
        self.assertRaises(exceptions.NotFound, self.client.get_bucket, name)
        self.assertRaises(exceptions.BadRequest, self.client.bucket("Bad_Name").create)

    def test_a_small_object_is_a_file_and_back(self):
        for checksum in ("md5", "crc32c", "auto", None):
            blob = self.put("d/small é +x.txt", b"hello", content_type="text/plain", checksum=checksum)
        with open(self.path("d/small é +x.txt"), "rb") as file:
            self.assertEqual(file.read(), b"hello")
        again = self.bucket.get_blob("d/small é +x.txt")
        self.assertEqual((again.size, again.content_type, again.metageneration), (5, "text/plain", 1))
        self.assertEqual(again.generation, blob.generation)
        self.assertEqual(again.download_as_bytes(), b"hello")
        self.assertEqual(self.put("empty", b"").download_as_bytes(), b"")

    def test_a_large_object_comes_whole_by_pieces_and_resumed(self):
        data = os.urandom(9 * 1024 * 1024 + 7)
        blob = self.bucket.blob("large/one")
        blob.upload_from_file(io.BytesIO(data), size=len(data))
        self.assertEqual(blob.download_as_bytes(), data)
        for checksum in ("md5", "crc32c"):
            pieces = self.bucket.blob("large/pieces", chunk_size=1024 * 1024)
            pieces.upload_from_file(io.BytesIO(data), checksum=checksum)
            self.assertEqual(pieces.download_as_bytes(checksum=checksum), data)
            self.assertEqual(pieces.md5_hash, blob.md5_hash)
        with self.bucket.blob("large/stream").open("wb", chunk_size=256 * 1024) as file:
            file.write(data[:256 * 1024 * 4])
        self.assertEqual(self.bucket.blob("large/stream").download_as_bytes(), data[:256 * 1024 * 4])

    def test_an_upload_cut_off_in_the_middle_is_gone_on_with(self):
        data = os.urandom(6 * 1024 * 1024)
        location = self.bucket.blob("cut").create_resumable_upload_session(size=len(data))
        url = urllib.parse.urlsplit(location)
        target = url.path + "?" + url.query
        connection = http.client.HTTPConnection(url.netloc)
        # Once it was answered, the server knows whose connection it is, however soon that ends.
        connection.request("PUT", target, b"", {"Content-Range": f"bytes */{len(data)}"})
        self.assertEqual(connection.getresponse().status, 308)
        connection.putrequest("PUT", target)
        connection.putheader("Content-Length", str(len(data)))
        connection.putheader("Content-Range", f"bytes 0-{len(data) - 1}/{len(data)}")
        connection.endheaders()
        connection.send(data[:3 * 1024 * 1024 + 11])
        connection.close()
        self.assertFalse(os.path.exists(self.path("cut")))
        for _ in range(100):  # the server reads what was sent and notices the end within a few seconds
            status, headers, _ = self.raw("PUT", target, b"", {"Content-Range": f"bytes */{len(data)}"})
            have = int(headers.get("Range", "bytes=0--1").split("-", 1)[1]) + 1
            if status == 308 and have > 0:
                status, headers, body = self.raw("PUT", target, data[have:], {
                    "Content-Range": f"bytes {have}-{len(data) - 1}/{len(data)}"})
                if status != 503:
                    break
            time.sleep(0.2)
        self.assertGreater(have, 0)
        self.assertEqual(status, 200, body)
        self.assertEqual(self.bucket.blob("cut").download_as_bytes(), data)
        # Who has missed the answer asks again.
        status, _, _ = self.raw("PUT", target, b"", {"Content-Range": f"bytes */{len(data)}"})
        self.assertEqual(status, 200)

    def raw(self, method, target, body, headers):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(URL).netloc)
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), said

    def test_ranges(self):
        blob = self.put("r", b"0123456789")
        self.assertEqual(blob.download_as_bytes(start=2, end=4), b"234")
        self.assertEqual(blob.download_as_bytes(start=7), b"789")
        self.assertEqual(blob.download_as_bytes(start=-3), b"789")
        self.assertEqual(blob.download_as_bytes(start=5, end=99), b"56789")
        self.assertRaises(exceptions.RequestRangeNotSatisfiable, blob.download_as_bytes, start=10)
        with blob.open("rb", chunk_size=4) as file:
            file.seek(3)
            self.assertEqual(file.read(5), b"34567")

    def test_lists_go_by_bytes_with_pages_prefixes_and_delimiters(self):
        names = ["a-b", "a/b", "a/c/d", "a0", "b", "é/x", "a.b"]
        for name in names:
            self.put(name, b"")
        self.assertEqual(self.names(), sorted(names, key=str.encode))
        self.assertEqual(self.names(page_size=1), sorted(names, key=str.encode))
        self.assertEqual(self.names(prefix="a/"), ["a/b", "a/c/d"])
        self.assertEqual(self.names(prefix="a/b"), ["a/b"])
        self.assertEqual(self.names(prefix="a//"), [])
        for size in (1, 2, 100):
            found = self.client.list_blobs(self.bucket, delimiter="/", page_size=size)
            self.assertEqual([blob.name for blob in found], ["a-b", "a.b", "a0", "b"])
            self.assertEqual(found.prefixes, {"a/", "é/"})
        found = self.client.list_blobs(self.bucket, prefix="a/", delimiter="/")
        self.assertEqual([blob.name for blob in found], ["a/b"])
        self.assertEqual(found.prefixes, {"a/c/"})
        self.assertEqual(self.names(start_offset="a/c", end_offset="b"), ["a/c/d", "a0"])
        found = self.client.list_blobs(self.bucket, delimiter="b")
        self.assertEqual([blob.name for blob in found], ["a/c/d", "a0", "é/x"])
        self.assertEqual(found.prefixes, {"a-b", "a.b", "a/b", "b"})

    def test_ten_thousand_objects_that_a_trial_wrote_are_listed(self):
        os.makedirs(self.path("many"))
        names = [f"many/{number:05}" for number in range(10000)]
        for name in names:
            with open(self.path(name), "wb"):
                pass
        self.assertEqual(self.names(), names)

    def test_a_file_that_a_trial_wrote_is_an_object_with_checksums(self):
        os.makedirs(self.path("model"))
        with open(self.path("model/m.bin"), "wb") as file:
            file.write(b"weights")
        blob = self.bucket.get_blob("model/m.bin")
        first = blob.generation
        self.assertEqual(base64.b64decode(blob.md5_hash), hashlib.md5(b"weights").digest())
        with open(self.path("model/m.bin"), "wb") as file:
            file.write(b"other weights")
        blob = self.bucket.get_blob("model/m.bin")
        self.assertNotEqual(blob.generation, first)
        self.assertEqual(blob.download_as_bytes(), b"other weights")

    def test_metadata_is_kept_patched_and_gone_with_its_object(self):
        blob = self.bucket.blob("m")
        blob.metadata = {"k": "v", "ü": "ö"}
        blob.cache_control = "no-store"
        blob.upload_from_string(b"x")
        again = self.bucket.get_blob("m")
        self.assertEqual((again.metadata, again.cache_control), ({"k": "v", "ü": "ö"}, "no-store"))
        again.metadata = {"k": None, "n": "1"}
        again.content_type = "text/csv"
        again.patch()
        again = self.bucket.get_blob("m")
        self.assertEqual((again.metadata, again.content_type, again.metageneration),
                         ({"ü": "ö", "n": "1"}, "text/csv", 2))
        again.delete()
        self.assertIsNone(self.put("m").metadata)

    def test_gzip_bytes_stay_as_they_were_sent(self):
        blob = self.bucket.blob("z")
        blob.content_encoding = "gzip"
        packed = gzip.compress(b"text" * 1000)
        blob.upload_from_string(packed)
        with open(self.path("z"), "rb") as file:
            self.assertEqual(file.read(), packed)
        self.assertEqual(blob.download_as_bytes(raw_download=True), packed)
        self.assertEqual(blob.download_as_bytes(), b"text" * 1000)

    def test_copy_rewrite_rename_and_compose(self):
        blob = self.put("x/a", b"one", content_type="text/plain")
        copied = self.bucket.copy_blob(blob, self.bucket, "y/b")
        self.assertEqual((copied.download_as_bytes(), copied.content_type), (b"one", "text/plain"))
        target = self.bucket.blob("z")
        token, done, total = target.rewrite(blob)
        self.assertEqual((token, done, total), (None, 3, 3))
        moved = self.bucket.rename_blob(blob, "moved")
        self.assertFalse(self.bucket.blob("x/a").exists())
        self.put("2", b" two")
        whole = self.bucket.blob("whole")
        whole.content_type = "text/plain"
        whole.compose([moved, self.bucket.blob("2"), moved])
        self.assertEqual(whole.download_as_bytes(), b"one twoone")
        self.assertRaises(exceptions.NotFound, self.bucket.blob("no").compose, [self.bucket.blob("nothing")])

    def test_conditions(self):
        blob = self.put("c")
        self.assertRaises(exceptions.PreconditionFailed, self.put, "c", if_generation_match=0)
        generation = blob.generation
        blob = self.put("c", b"new", if_generation_match=generation)
        self.assertGreater(blob.generation, generation)
        self.assertRaises(exceptions.PreconditionFailed, blob.delete, if_generation_match=generation)
        self.assertRaises(exceptions.NotFound, self.bucket.blob("c", generation=1).reload)
        self.assertRaises(exceptions.PreconditionFailed, self.put, "fresh", if_generation_match=7)
        self.assertRaises(exceptions.NotModified, blob.reload, if_generation_not_match=blob.generation)
        blob.delete(if_generation_match=blob.generation)
        self.assertRaises(exceptions.NotFound, blob.delete)

    def test_of_writers_with_one_condition_one_wins(self):
        def write(number):
            client = make_client()
            try:
                client.bucket(self.bucket.name).blob("race").upload_from_string(
                    str(number), if_generation_match=0, retry=None)
                return number
            except exceptions.PreconditionFailed:
                return None
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            winners = [number for number in pool.map(write, range(16)) if number is not None]
        self.assertEqual(len(winners), 1)
        self.assertEqual(self.bucket.blob("race").download_as_bytes(), str(winners[0]).encode())

    def test_names_that_no_file_can_have_are_refused_and_clashes_told(self):
        for name in ("../x", "a/../b", ".", "a/./b", "a//b", "/a", "x" * 1025, "a/" + "y" * 256,
                     ".assay-uploads/x", "line\nbreak"):
            self.assertRaises(exceptions.BadRequest, self.put, name)
        for name in ("%2F", "a%2e%2e", "..a", "a b", "x?y#z", "日本/語", "y" * 255, "w/" * 300 + "w"):
            self.put(name, name.encode())
            self.assertEqual(self.bucket.blob(name).download_as_bytes(), name.encode())
        self.put("clash/under")
        self.assertRaises(exceptions.Conflict, self.put, "clash")
        self.assertRaises(exceptions.Conflict, self.put, "clash/under/more")
        self.bucket.blob("clash/under").delete()
        self.put("clash")

    def test_a_link_leads_nowhere(self):
        os.symlink("/etc", self.path("etc"))
        os.symlink("/etc/passwd", self.path("passwd"))
        os.mkfifo(self.path("fifo"))
        for name in ("etc/passwd", "passwd", "fifo"):
            self.assertFalse(self.bucket.blob(name).exists())
        self.assertRaises(exceptions.BadRequest, self.put, "etc/evil")
        self.assertEqual(self.names(), [])
        self.put("passwd", b"mine")
        self.assertFalse(os.path.islink(self.path("passwd")))

    def test_a_folder_may_be_an_object(self):
        self.put("dir/", b"")
        self.assertEqual(self.names(), ["dir/"])
        found = self.client.list_blobs(self.bucket, delimiter="/")
        self.assertEqual(([blob.name for blob in found], found.prefixes), ([], {"dir/"}))
        self.put("dir/x")
        self.bucket.blob("dir/x").delete()
        self.assertEqual(self.names(), ["dir/"])
        self.assertRaises(exceptions.Conflict, self.put, "dir")
        self.bucket.blob("dir/").delete()
        self.assertEqual(self.names(), [])

    def test_several_requests_in_one(self):
        for name in ("1", "2", "3"):
            self.put(name)
        with self.client.batch():
            for name in ("1", "2"):
                self.bucket.blob(name).delete()
        self.assertEqual(self.names(), ["3"])
        with self.assertRaises(exceptions.NotFound):
            with self.client.batch():
                self.bucket.blob("absent").delete()

    def test_a_bucket_that_is_missing_is_made_by_the_first_write(self):
        name = "first-" + uuid.uuid4().hex
        self.client.bucket(name).blob("x").upload_from_string(b"1")
        self.assertEqual(self.client.bucket(name).blob("x").download_as_bytes(), b"1")
        self.assertRaises(exceptions.NotFound, list, self.client.list_blobs("none-" + uuid.uuid4().hex))

    def test_broken_bytes_are_not_taken(self):
        self.put("good", b"old")
        target = f"/upload/storage/v1/b/{self.bucket.name}/o?uploadType=media&name=good"
        status, _, body = self.raw("POST", target, b"bytes", {"X-Goog-Hash": "crc32c=AAAAAA=="})
        self.assertEqual(status, 400, body)
        self.assertEqual(self.bucket.blob("good").download_as_bytes(), b"old")


if __name__ == "__main__":
    unittest.main()
