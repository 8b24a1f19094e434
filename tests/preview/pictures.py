"""`make pictures`: the pictures that the README and `build/incidents.md` show, few and small enough to be kept.

Each is the first screen of the summary page, 1000 pixels wide and in 256 colours. `docs/pictures/manifest.json` says of
which dashboard and which viewer they were taken, so that a test can tell when they are old.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path

from monitoring_kit.core.findings import shown_path
from monitoring_kit.render.grafana import render_grafana
from tests.behaviour.incidents import production
from tests.behaviour.incidents.incidents import HEALTHY_WEEK, INCIDENTS
from tests.behaviour.incidents.recording import served
from tests.preview.__main__ import write_dashboards
from tests.preview.moments import Moment, moment_of
from tests.preview.viewer import VIEWER, Job, running_viewer
from tests.support.planting import PROJECT

PICTURES = PROJECT / "docs" / "pictures"
MANIFEST = PICTURES / "manifest.json"
SUMMARY = "production-service"
SHOWN = ("slow version rolled out", "pod crash-looping", "scrapes fail")
WIDTH = 1000
_COLOURS = 256
_HEALTHY_SECONDS = 6 * 3600


def main() -> int:
    """Takes the pictures and writes the manifest."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, running_viewer() as viewer:
        folder = Path(name)
        write_dashboards(production.plan(), folder / "dashboards")
        for incident in (HEALTHY_WEEK, *(one for one in INCIDENTS if one.name in SHOWN)):
            with served(incident) as recorded:
                healthy = Moment(recorded.end - _HEALTHY_SECONDS, recorded.end, "")
                moment = healthy if incident is HEALTHY_WEEK else moment_of(incident, recorded)
                times = (moment.start, moment.end)
                job = Job([folder / "dashboards"], *times, folder, recorded.address, only=(SUMMARY,), first_screen=True)
                (picture,) = viewer.draw(job).pictures
            file = picture_of(incident.name)
            file.write_bytes(shrunk(picture.file.read_bytes(), WIDTH))
            print(f"{shown_path(file)}  {file.stat().st_size / 1000:.0f} kB")
    MANIFEST.write_text(json.dumps(taken_of(), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return 0


def picture_of(name: str) -> Path:
    """The file of the picture of an incident."""
    return PICTURES / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.png"


def taken_of() -> dict[str, str]:
    """What the pictures depend on: the dashboard as it is generated now, and the packages that draw it."""
    dashboard = render_grafana(production.plan())[f"grafana/{SUMMARY}.json"]
    packages = (VIEWER / "package-lock.json").read_bytes()
    return {
        "dashboard": hashlib.sha256(dashboard.encode()).hexdigest(),
        "viewer": hashlib.sha256(packages).hexdigest(),
    }


def shrunk(png: bytes, width: int) -> bytes:
    """A PNG of 8 bits a channel, made narrower and reduced to 256 colours."""
    pixels = _narrowed(_rows(png), width)
    colours = Counter(pixel for row in pixels for pixel in row)
    bits = 8
    # Fewer bits a channel until the colours fit into a palette.
    while len({_coarse(colour, bits) for colour in colours}) > _COLOURS:
        bits -= 1
    often: dict[tuple[int, ...], tuple[int, ...]] = {}
    for colour, _ in colours.most_common():
        often.setdefault(_coarse(colour, bits), colour)
    index = {coarse: position for position, coarse in enumerate(often)}
    data = b"".join(b"\0" + bytes(index[_coarse(pixel, bits)] for pixel in row) for row in pixels)
    head = struct.pack(">IIBBBBB", width, len(pixels), 8, 3, 0, 0, 0)
    palette = bytes(channel for colour in often.values() for channel in colour)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(data, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _coarse(colour: tuple[int, ...], bits: int) -> tuple[int, ...]:
    return tuple(channel >> (8 - bits) for channel in colour)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _rows(png: bytes) -> list[list[tuple[int, ...]]]:
    """The pixels of a PNG with 3 or 4 channels of 8 bits, without the transparency."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    if depth != 8 or kind not in (2, 6):
        raise ValueError(f"a PNG of {depth} bits and colour type {kind} is not read here")
    channels = 3 if kind == 2 else 4
    packed, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += length + 12
    data, stride = zlib.decompress(packed), width * channels
    before, rows = bytearray(stride), []
    for y in range(height):
        start = y * (stride + 1)
        line = _unfiltered(data[start], bytearray(data[start + 1 : start + 1 + stride]), before, channels)
        rows.append([tuple(line[x : x + 3]) for x in range(0, stride, channels)])
        before = line
    return rows


def _unfiltered(filter: int, line: bytearray, above: bytearray, channels: int) -> bytearray:
    """A line of a PNG as it was before it was filtered (PNG specification, section 9)."""
    for x in range(len(line) if filter else 0):
        left, up = line[x - channels] if x >= channels else 0, above[x]
        corner = above[x - channels] if x >= channels else 0
        match filter:
            case 1:
                guess = left
            case 2:
                guess = up
            case 3:
                guess = (left + up) // 2
            case _:
                guess = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
        line[x] = (line[x] + guess) & 255
    return line


def _narrowed(rows: list[list[tuple[int, ...]]], width: int) -> list[list[tuple[int, ...]]]:
    """Each pixel the mean of those that it covers, by how much of them it covers."""
    across = [_mean(list(zip(*row, strict=True)), width) for row in rows]
    columns = list(zip(*across, strict=True))
    height = round(len(rows) * width / len(rows[0]))
    down = [_mean(list(zip(*column, strict=True)), height) for column in columns]
    return [[tuple(round(channel) for channel in pixel) for pixel in row] for row in zip(*down, strict=True)]


def _mean(channels: list[tuple[float, ...]], length: int) -> list[tuple[float, ...]]:
    """Channels of a line of pixels, as a line of `length` pixels."""
    scale = len(channels[0]) / length
    pixels = []
    for position in range(length):
        start, end = position * scale, (position + 1) * scale
        covered = range(int(start), min(int(end - 1e-9) + 1, len(channels[0])))
        weights = [min(end, x + 1) - max(start, x) for x in covered]
        pixels.append(
            tuple(
                sum(channel[x] * weight for x, weight in zip(covered, weights, strict=True)) / scale
                for channel in channels
            )
        )
    return pixels


if __name__ == "__main__":
    sys.exit(main())
