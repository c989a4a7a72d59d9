"""Names of runs: an id that sorts by time, and two words a person can remember."""

from __future__ import annotations

import secrets
import time
import zlib

from mlcore.errors import UsageError

LONGEST = 200  # characters of a name
ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"  # ascending, so that ids sort by time within a second too
QUALITIES = (
    "able agile alert amber ample azure bold brave breezy brief bright brisk bronze calm candid clear clever cool "
    "coral crisp curious daring deft dusky eager early easy equal fair fancy fast fine fleet fond frank free "
    "fresh gentle giddy glad golden grand great green happy hardy honest humble jade jolly keen kind lively loyal "
    "lucid lucky lunar mellow merry mild misty modest neat nimble noble olive patient plain proud quick quiet "
    "ready rosy royal sandy serene sharp shy silent silver simple sleek smart snowy solar solid sound spry steady "
    "still sunny super sure swift tidy tiny true vivid warm wary wild wise witty young zesty "
).split()
ANIMALS = (
    "ant auk badger bat bear beaver bee bison boar bream buck bunting carp cat chub clam cod colt condor coot "
    "cormorant crab crane cricket crow cuckoo curlew dace deer dingo dipper dolphin dove drake duck dunlin eagle "
    "eel egret elk falcon ferret finch fox frog gannet gecko gibbon goat goose grebe grouse gull hare hawk heron "
    "hind hoopoe ibex ibis jackdaw jay kestrel kite koala lark lemur linnet lion lizard llama loon lynx magpie "
    "martin merlin mink mole moose moth mouse newt okapi oryx osprey otter owl panda perch pigeon pike plover "
    "pony puffin puma quail rail raven robin rook salmon seal shrew shrike siskin snipe sparrow stoat stork swan "
    "swift tapir teal tern thrush tiger tit toad trout turtle viper vole walrus weasel whale wigeon wolf wombat "
    "wren yak zebra "
).split()


def new_id() -> str:
    """An id for a run begun now, UTC: 20261122-101530-k3v9qa. Never made of a person's text.

    The first two of the six letters are the part of the second, the others are random.
    """
    now = time.time()
    part = int(now % 1 * 1024)
    letters = [part >> 5, part & 31, *(secrets.randbelow(32) for _ in range(4))]
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime(now)) + "".join(ALPHABET[n] for n in letters)


def name_of(run_id: str) -> str:
    """The two words a run is called by unless somebody gave it a name: brave-otter."""
    number = zlib.crc32(run_id.encode())
    return f"{QUALITIES[number % len(QUALITIES)]}-{ANIMALS[number // len(QUALITIES) % len(ANIMALS)]}"


def proper(name: str) -> str:
    """A name a person gives a run, without blanks around it. Raises UsageError for one it could not be found by."""
    name = name.strip()
    problem = (
        "a name has at least one character" if not name
        else f"a name of {len(name):,} characters: at most {LONGEST} fit" if len(name) > LONGEST
        else f"name {name!r:.60} has characters that cannot be shown" if not name.isprintable()
        else f"name {name!r:.60} would be taken for a path" if "/" in name
        else f"name {name!r:.60} would be taken for an option" if name.startswith("-")
        else "last is always the newest run, and no name" if name == "last"
        else ""
    )  # fmt: skip
    if problem:
        raise UsageError(problem, hint="a few words of letters and digits, e.g. wide-net or 'moons, slow'")
    return name
