"""What is tuned, as a package. scikit-learn is only installed where it is not there yet."""

from setuptools import find_packages, setup

setup(
    name="trainer",
    version="0.1",
    description="Predicts how a disease goes on.",
    packages=find_packages(),
    install_requires=["scikit-learn>=1.0"],
)
