"""fsspec's own suite for filesystems (fsspec.tests.abstract), run on gcsfs against $STORAGE_EMULATOR_HOST.

What it has in dozens of variants (test_*_glob_edge_cases) is left to its plainer tests, for time.
"""

import uuid

import gcsfs
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.tests.abstract import (AbstractCopyTests, AbstractFixtures, AbstractGetTests, AbstractPipeTests,
                                   AbstractPutTests)


class Fixtures(AbstractFixtures):
    @pytest.fixture(scope="class")
    def fs(self):
        return gcsfs.GCSFileSystem(token="anon", project="demo", skip_instance_cache=True, use_listings_cache=False)

    @pytest.fixture
    def fs_path(self, fs):
        bucket = "g-" + uuid.uuid4().hex
        fs.mkdir(bucket)
        return bucket

    @pytest.fixture
    def fs_join(self):
        return lambda *parts: "/".join(parts)

    @pytest.fixture
    def supports_empty_directories(self):
        return False

    @pytest.fixture(scope="class")
    def local_fs(self):
        return LocalFileSystem(auto_mkdir=True)


class TestCopy(AbstractCopyTests, Fixtures):
    test_copy_glob_edge_cases = None


class TestGet(AbstractGetTests, Fixtures):
    test_get_glob_edge_cases = None


class TestPut(AbstractPutTests, Fixtures):
    test_put_glob_edge_cases = None


class TestPipe(AbstractPipeTests, Fixtures):
    pass
