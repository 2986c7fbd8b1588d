"""fsspec's own suite for filesystems (fsspec.tests.abstract), run on gcsfs against $STORAGE_EMULATOR_HOST."""

import os
import uuid

import gcsfs
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.tests.abstract import (AbstractCopyTests, AbstractFixtures, AbstractGetTests, AbstractOpenTests,
                                   AbstractPipeTests, AbstractPutTests)


class Fixtures(AbstractFixtures):
    @pytest.fixture(scope="class")
    def fs(self):
        os.environ.setdefault("STORAGE_EMULATOR_HOST", "http://127.0.0.1:8080")
        filesystem = gcsfs.GCSFileSystem(token="anon", project="demo", skip_instance_cache=True,
                                         use_listings_cache=False)
        return filesystem

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
    pass


class TestGet(AbstractGetTests, Fixtures):
    pass


class TestPut(AbstractPutTests, Fixtures):
    pass


class TestPipe(AbstractPipeTests, Fixtures):
    pass


class TestOpen(AbstractOpenTests, Fixtures):
    pass
