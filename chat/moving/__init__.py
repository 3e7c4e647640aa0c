"""A room leaves as an archive that people read and programs too, and comes back from one.

    room -> messages.jsonl and the files -> pages, and what they are searched by -> the manifest
    archive -> all of it looked at -> entries -> Origin.carry_in()

`form` is what both sides agree on; docs/archive.md describes it.
"""
