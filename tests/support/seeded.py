"""Chance that can be repeated: the seed is printed, and a run with OAUTH_TOKEN_TEST_SEED has the same."""

import os
import random
import sys


def seeded():
    seed = int(os.environ.get("OAUTH_TOKEN_TEST_SEED") or int.from_bytes(os.urandom(4), "big"))
    print(f"OAUTH_TOKEN_TEST_SEED={seed}", file=sys.stderr)
    return random.Random(seed)
