from django.core.files.base import ContentFile
from rjsmin import jsmin
from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Static files under names that bear their hash, so that browsers may keep them for ever.

    Imports between JavaScript modules are rewritten to the hashed names as well; so the pages need
    no import map, which a Content-Security-Policy without inline script would not let them have.
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths, dry_run=False, **options):
        if not dry_run:
            paths = {name: self.light(name, *source) for name, source in paths.items()}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def light(self, name: str, storage, path: str) -> tuple:
        """Where to read what is served as `name`: our own modules without comments and white space.

        Those of packages stay as they came: theirs are tested as they are.
        """
        if not (name.startswith("js/") and name.endswith(".js")):
            return storage, path
        with storage.open(path) as source:
            code = jsmin(source.read().decode())
        # Not written into what is there: collectstatic --link has made that the source itself.
        self.delete(name)
        self._save(name, ContentFile(code.encode()))
        return self, name
