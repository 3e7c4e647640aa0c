import re
from string import ascii_letters

from django.core.files.base import ContentFile
from rjsmin import jsmin
from servestatic.storage import CompressedManifestStaticFilesStorage

HASH_LENGTH = 5  # hexadecimal digits
# Addresses of files that never change.
HASHED = rf"\.[0-9a-f]{{{HASH_LENGTH}}}\.\w+$"
# Where JavaScript has the name of a private field or method; other # stand in strings.
PRIVATE = re.compile(r"(?:(?<=[.{};\n])|(?<=async)|(?<=get)|(?<=set))#(\w+)")


# What says the same in fewer bytes, and better only to readers.
SHORTER = [
    (re.compile(r"\bconst(?=[ {\[])"), "let"),
    (re.compile(r"(?<![\w$])\((\w+)\)=>"), r"\1=>"),
    (re.compile(r";(?=\})"), ""),
]


def shorten(code: str) -> str:
    """The module `code`, as jsmin() leaves it, in fewer bytes; what no other module can name has
    names of one letter.
    """
    for long, short in SHORTER:
        code = long.sub(short, code)
    names: list[str] = list(dict.fromkeys(PRIVATE.findall(code)))
    letters = dict(zip(names, ascii_letters, strict=False))
    return PRIVATE.sub(lambda found: "#" + str(letters.get(found[1], found[1])), code)


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Static files under names that bear their hash, so that browsers may keep them for ever.

    Imports between JavaScript modules are rewritten to the hashed names as well; so the pages need
    no import map, which a Content-Security-Policy without inline script would not let them have.
    """

    support_js_module_import_aggregation = True
    # Each pass settles the modules whose imports are: so many may import each other in a row.
    max_post_process_passes = 12

    def post_process(self, paths, dry_run=False, **options):
        if not dry_run:
            paths = {name: self.light(name, *source) for name, source in paths.items()}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def file_hash(self, name, content=None):
        # Each import of a module bears it: long enough to tell the versions of one file apart.
        whole = super().file_hash(name, content)
        return whole and whole[:HASH_LENGTH]

    def light(self, name: str, storage, path: str) -> tuple:
        """Where to read what is served as `name`: our own modules without comments, white space
        and long names of private things.

        Those of packages stay as they came: theirs are tested as they are.
        """
        if not (name.startswith("js/") and name.endswith(".js")):
            return storage, path
        with storage.open(path) as source:
            code = shorten(jsmin(source.read().decode()))
        # Not written into what is there: collectstatic --link has made that the source itself.
        self.delete(name)
        self._save(name, ContentFile(code.encode()))
        return self, name
