"""What people say of a run: tags, a note, a pin. It is the one part of a run's folder that changes after its end."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mlcore.errors import UsageError
from mlcore.storage import read_file, write_file

FILE = "labels.json"
LONGEST_TAG, LONGEST_NOTE, MOST_TAGS = 40, 2000, 50


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """The labels of one run; a run nobody said anything of has none."""

    tags: tuple[str, ...] = ()
    note: str = ""
    pinned: bool = False

    def tagged(self, add: tuple[str, ...] = (), drop: tuple[str, ...] = ()) -> Labels:
        """With tags added, each once, and others dropped. Raises UsageError for what is no tag."""
        for tag in add:
            if not tag or len(tag) > LONGEST_TAG or not tag.isprintable() or any(c in tag for c in ' ,:"'):
                hint = "one word of letters and digits, e.g. lesson or week-2"
                raise UsageError(f"tag {tag!r:.60}: expected one word of 1 to {LONGEST_TAG} characters", hint=hint)
        tags = tuple(dict.fromkeys(tag for tag in (*self.tags, *add) if tag not in drop))
        if len(tags) > MOST_TAGS:
            raise UsageError(f"{len(tags)} tags: a run takes at most {MOST_TAGS}")
        return msgspec.structs.replace(self, tags=tags)

    def noted(self, note: str) -> Labels:
        """With another note. Raises UsageError when it is too long."""
        if len(note) > LONGEST_NOTE:
            raise UsageError(f"a note of {len(note):,} characters: at most {LONGEST_NOTE:,} fit")
        return msgspec.structs.replace(self, note=note.strip())

    def pinned_as(self, pinned: bool) -> Labels:
        """Pinned or not."""
        return msgspec.structs.replace(self, pinned=pinned)


_decode = msgspec.json.Decoder(Labels).decode


def read(folder: Path) -> Labels:
    """The labels of the run in a folder; none where there are none, or what is there cannot be read."""
    try:
        return _decode(read_file(folder / FILE, 1 << 20))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Labels()


def write(folder: Path, labels: Labels) -> None:
    """Put labels into a run's folder. Raises StorageError."""
    write_file(folder / FILE, msgspec.json.encode(labels) + b"\n")
