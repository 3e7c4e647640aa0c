from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Static files under names that bear their hash, so that browsers may keep them for ever.

    Imports between JavaScript modules are rewritten to the hashed names as well; so the pages need
    no import map, which a Content-Security-Policy without inline script would not let them have.
    """

    support_js_module_import_aggregation = True
