"""Jars from Maven Central coordinates, kept between runs, and Java programs compiled against them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from tests.brokers import cache_folder


class NoJavaError(Exception):
    """This machine cannot build or run the Java program; the message says what is missing."""


def resolve(name: str, coordinates: Sequence[str]) -> Path:
    """Return a folder with jars and all they need, resolving them with Maven the first time.

    Raises NoJavaError without Java or Maven, or when Maven fails.
    """
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise NoJavaError(f"no {tool}")
    kept = cache_folder() / name
    if not (kept / "complete").exists():
        with tempfile.TemporaryDirectory() as build:
            Path(build, "pom.xml").write_text(_pom(name, coordinates), encoding="utf-8")
            fresh = Path(build, "jars")
            goal = ("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={fresh}")
            command = ["mvn", "-B", "-q", "-f", f"{build}/pom.xml", *goal]
            done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode:
                raise NoJavaError(f"Maven could not resolve {coordinates[0]}: {done.stdout[-300:]}")
            (fresh / "complete").touch()
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(fresh, kept)
    return kept


def compiled(program: Path, jars: Path) -> Path:
    """Compile a one-file program against the jars and return the folder with its classes.

    Raises NoJavaError without a compiler, or with what it says.
    """
    if shutil.which("javac") is None:
        raise NoJavaError("no javac, only a Java runtime; on Debian: apt-get install openjdk-17-jdk-headless")
    classes = jars / "classes"
    command = ["javac", "-cp", f"{jars}/*", "-d", str(classes), str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoJavaError(f"javac: {done.stderr[:300]}")
    return classes


def _pom(name: str, coordinates: Sequence[str]) -> str:
    dependencies = "".join(
        "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>".format(
            *(escape(part) for part in coordinate.split(":"))
        )
        for coordinate in coordinates
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        f"<groupId>crm-pulse</groupId><artifactId>{escape(name)}</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )
