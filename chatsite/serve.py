"""What ./run does: bring the database and the static files up to date, then serve.

Usage: ./run [--host HOST] [--port PORT] [--server daphne|uvicorn] [--prepare]
"""

import argparse
import errno
import logging
import os
import socket
import sys
from pathlib import Path
from shlex import quote
from zlib import crc32

from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.utils.translation.reloader import translation_file_changed


def main() -> None:
    options = parse_options()
    # Before the settings are read: the origins that may open a socket are derived from these.
    os.environ |= {name: value for name, value in vars(options).items() if name.isupper() and value}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    try:
        serve(options.server, options.prepare)
    except ImproperlyConfigured as error:
        sys.exit(f"Chatsite cannot start: {error}")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run",
        description="Serve the chat site. Everything else is set in .env; see .env.example.",
    )
    parser.add_argument(
        "--host", dest="HOST", help="address to listen on; 0.0.0.0 for all (default 127.0.0.1)"
    )
    parser.add_argument("--port", dest="PORT", help="port to listen on (default 8000)")
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="bring database and static files up to date, and end; before several processes start",
    )
    return parser.parse_args()


def serve(server: str, only_prepare: bool = False) -> None:
    import django

    django.setup()
    from django.conf import settings

    if only_prepare:
        prepare()
        return
    refuse_taken_port(settings.HOST, settings.PORT)
    prepare()
    # Imported only now: with it the process claims the data for itself, and opens static files.
    import chatsite.asgi  # noqa: F401

    if settings.WORKERS:
        from chat.worker import Worker

        Worker(settings.WORKERS).start()
    show_banner()
    run = {"daphne": run_daphne, "uvicorn": run_uvicorn}[server]
    run(settings.HOST, settings.PORT)


def refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            raise ImproperlyConfigured(f"there is no port {port}.") from None
        except OSError as error:
            raise ImproperlyConfigured(
                f"port {port} is in use. Stop what uses it, or choose another: ./run --port 8001"
                if error.errno == errno.EADDRINUSE
                else f"it cannot listen on {host} port {port}: {error.strerror}."
            ) from None


# Before the start -------------------------------------------------------------------------------


def prepare() -> None:
    """Bring words, database and static files up to date; quick when they are."""
    compile_words()
    migrate()
    make_push_key()
    collect_static_files()


def compile_words() -> None:
    """Compile the translations, as `compilemessages` does, which needs gettext installed."""
    from django.conf import settings

    for folder in settings.LOCALE_PATHS:
        for source in folder.glob("*/LC_MESSAGES/*.po"):
            target = source.with_suffix(".mo")
            if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
                import polib

                whole = target.with_suffix(f".{os.getpid()}")
                polib.pofile(str(source)).save_as_mofile(str(whole))
                whole.replace(target)
            # Apps look words up while they start, and maybe another process compiled them since.
            translation_file_changed(None, target)


def migrate() -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def make_push_key() -> None:
    from chat import push

    push.make_key()


def collect_static_files() -> None:
    from django.conf import settings

    stamp = settings.DATA_DIR / "static.stamp"
    signature = str(crc32(repr(sorted(static_files())).encode()))
    if not stamp.exists() or stamp.read_text() != signature or not settings.STATIC_ROOT.exists():
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(signature)


def static_files() -> list[tuple[str, int, int]]:
    """What the collected files are made from: ours, our way to store them, and the packages."""
    from django.conf import settings

    files = [path for path in Path(settings.STATICFILES_DIRS[0]).rglob("*") if path.is_file()]
    files += [settings.BASE_DIR / "requirements.txt", settings.BASE_DIR / "chatsite/staticfiles.py"]
    return [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]


def show_banner() -> None:
    from django.conf import settings

    database = settings.DATABASES["default"]
    is_embedded = "sqlite" in database["ENGINE"]
    place = settings.DATA_DIR if is_embedded else f"PostgreSQL on {database['HOST']}"
    # Another shell does not know what this one was told.
    usual = {"PORT": 8000, "DATA_DIR": settings.BASE_DIR / "var"}
    told = {name: getattr(settings, name) for name in usual}
    given = [f"{name}={quote(str(told[name]))} " for name in usual if told[name] != usual[name]]
    manage = f"{''.join(given)}.venv/bin/python manage.py"
    lines = [
        "",
        "  Chatsite is ready:  " + "  ".join(addresses()),
        "",
        f"  An administrator:   {manage} createsuperuser",
        f"  Something to see:   {manage} demo",
        f"  The data:           {place}",
        "  Stop:               Ctrl-C",
        "",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def addresses() -> list[str]:
    """Where browsers find the site: on all interfaces, also the machine's own addresses."""
    from django.conf import settings

    if settings.HOST not in {"0.0.0.0", "::"}:  # noqa: S104
        return [settings.SITE_URL]
    own = [host for host in settings.ALLOWED_HOSTS if host[0].isdigit() and host[:4] != "127."]
    return [settings.SITE_URL, *(f"http://{host}:{settings.PORT}" for host in sorted(own))]


# The servers ------------------------------------------------------------------------------------


def run_daphne(host: str, port: int) -> None:
    from daphne.cli import CommandLineInterface

    from chat.protocol import MAX_FRAME_BYTES

    # Its news are in the banner already.
    logging.getLogger("daphne").setLevel(logging.WARNING)
    options = ["--bind", host, "--port", str(port), "--verbosity", "0", "--no-server-name"]
    # Larger messages are refused before they are held in memory.
    options += ["--websocket-max-message-size", str(MAX_FRAME_BYTES)]
    options += ["--websocket-max-frame-size", str(MAX_FRAME_BYTES)]
    CommandLineInterface().run([*options, "chatsite.asgi:application"])


def run_uvicorn(host: str, port: int) -> None:
    import uvicorn

    from chat.protocol import MAX_FRAME_BYTES

    uvicorn.run(
        "chatsite.asgi:application",
        host=host,
        port=port,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        ws_max_size=MAX_FRAME_BYTES,
        # Deflating costs two to four times the CPU, and twice the memory.
        ws_per_message_deflate=False,
        # Whom to believe about addresses is TRUSTED_PROXIES' business.
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
