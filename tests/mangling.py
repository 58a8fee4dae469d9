"""Damage to a file, one stroke at a time, for tests that hold that damage crashes nothing and opens nothing."""

from __future__ import annotations

import random


def mangle(content: bytes, rng: random.Random) -> bytes:
    """One of: a flipped bit, a cut, a doubled piece, a random length byte, noise in the middle."""
    mangled = bytearray(content)
    place = rng.randrange(len(mangled))
    match rng.randrange(5):
        case 0:
            mangled[place] ^= 1 << rng.randrange(8)
        case 1:
            del mangled[place:]
        case 2:
            mangled[place:place] = mangled[place : place + rng.randrange(1, 64)]
        case 3:
            mangled[place] = rng.choice([0x00, 0x7F, 0x80, 0x84, 0xFF, 0x30, 0x1F])
        case _:
            mangled[place : place + 8] = rng.randbytes(8)
    return bytes(mangled)
