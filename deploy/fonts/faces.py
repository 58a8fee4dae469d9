"""The faces of the hall: where each comes from and the checksum it must have.

Receipts need every ideograph a name may contain (manual §5.1, §7): Noto Serif SC covers the
basic plane and extension A, Hanazono Mincho B covers extensions B to F. All are used unchanged:
cutting the fallback down to what the main face lacks saved 5 % and took a minute.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NpmSource:
    """A published npm package."""

    package: str
    version: str


@dataclass(frozen=True)
class DebianSource:
    """A Debian package; the checksum of the face stands in for its version."""

    package: str


@dataclass(frozen=True)
class Face:
    """One TrueType file: its name in `var/fonts`, its place in its source, its checksum."""

    file_name: str
    source: NpmSource | DebianSource
    member: str
    license_member: str
    sha256: str


NOTO_SERIF = NpmSource("@expo-google-fonts/noto-serif-sc", "0.4.3")
HANAZONO = DebianSource("fonts-hanazono")
NOTO_LICENSE = "package/LICENSE_FONT"

FACES = (
    Face(
        file_name="HallSerif-Regular.ttf",
        source=NOTO_SERIF,
        member="package/400Regular/NotoSerifSC_400Regular.ttf",
        license_member=NOTO_LICENSE,
        sha256="c358a69de3df5f423a8946a7b03e3126fb6ba116f1130a463455b4e39e1f0742",
    ),
    Face(
        file_name="HallSerif-Bold.ttf",
        source=NOTO_SERIF,
        member="package/700Bold/NotoSerifSC_700Bold.ttf",
        license_member=NOTO_LICENSE,
        sha256="9c6a2ba736e4b499c84f65ce366bd3625c0401885fd3e585ace50fb738b96ff6",
    ),
    Face(
        file_name="HallFallback.ttf",
        source=HANAZONO,
        member="usr/share/fonts/truetype/hanazono/HanaMinB.ttf",
        license_member="usr/share/doc/fonts-hanazono/copyright",
        sha256="829543436cdf7b4c6730e2af5806fa406f8ddf0d4b656e0cd49c58d4db1c8d3c",
    ),
)
