"""What a field of a frame may hold, where its type alone would allow too much."""

from typing import Annotated

from msgspec import Meta

Ref = Annotated[str, Meta(max_length=64)]
# As in the addresses of pages: letters of any script, digits, - and _. So no NUL, which PostgreSQL
# refuses to look for.
SLUG = r"[-\w]+"
Slug = Annotated[str, Meta(min_length=1, max_length=80, pattern=rf"^{SLUG}\Z")]
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Revision = Annotated[int, Meta(ge=0, le=2**63 - 1)]
