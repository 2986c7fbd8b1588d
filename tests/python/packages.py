"""Source distributions, made on the spot without a network."""

import io
import os
import tarfile

# What the service's own Python library writes around a training script.
SETUP = """\
from setuptools import find_packages
from setuptools import setup

setup(
    name={name!r},
    version={version!r},
    packages=find_packages(),
    install_requires={requires!r},
    include_package_data=True,
    description='My training application.'
)
"""

# A build backend inside the distribution, for which nothing has to be downloaded.
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["build_backend"]
"""
BACKEND = """\
import os
import zipfile

NAME, VERSION, REQUIRES = {name!r}, {version!r}, {requires!r}
INFO = f"{{NAME}}-{{VERSION}}.dist-info"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
{build}
    wheel = f"{{NAME}}-{{VERSION}}-py3-none-any.whl"
    metadata = f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: {{VERSION}}\\n"
    metadata += "".join(f"Requires-Dist: {{one}}\\n" for one in REQUIRES)
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as archive:
        for file in sorted(os.listdir(NAME)):
            archive.write(f"{{NAME}}/{{file}}")
        archive.writestr(f"{{INFO}}/METADATA", metadata)
        archive.writestr(f"{{INFO}}/WHEEL", "Wheel-Version: 1.0\\nGenerator: here\\n"
                         "Root-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(f"{{INFO}}/RECORD", "")
    return wheel
"""


def write(folder, name, version, files):
    root = f"{name}-{version}"
    path = os.path.join(folder, f"{root}.tar.gz")
    os.makedirs(folder, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for file, text in files.items():
            info = tarfile.TarInfo(f"{root}/{file}")
            data = text.encode()
            info.size = len(data)
            info.mtime = 1_000_000_000  # a wheel is a zip file, which knows no time before 1980
            archive.addfile(info, io.BytesIO(data))
    return path


def setuptools_package(folder, name, task, version="0.1", requires=()):
    """As the service's library packs a script: NAME.task, with a setup.py."""
    return write(folder, name, version, {
        "setup.py": SETUP.format(name=name, version=version, requires=tuple(requires)),
        f"{name}/__init__.py": "",
        f"{name}/task.py": task,
    })


def plain_package(folder, name, task, version="0.1", requires=(), build="    pass"):
    """NAME.task with a backend of its own, whose build begins with the lines of build."""
    return write(folder, name, version, {
        "pyproject.toml": PYPROJECT,
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "build_backend/backend.py": BACKEND.format(name=name, version=version,
                                                   requires=list(requires), build=build),
        f"{name}/__init__.py": "",
        f"{name}/task.py": task,
    })
