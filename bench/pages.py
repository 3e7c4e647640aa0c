"""How much CPU the server spends on a page, as multiples of a bare async Django view.

The bare view is measured in the same run, under the same server: in a project as `startproject`
makes it, with its middleware, and once more without any. The room has 500 messages of several
authors, the site 1,000 rooms. For "just changed" a message is posted before each request; what
the post itself costs is measured and taken off.
"""

import argparse
import asyncio
import http.client
import re
import uuid

from bench.clients import Client
from bench.fanout import TEXT, populate
from bench.servers import (
    cpu_seconds,
    environment,
    free_port,
    manage,
    running,
    scratch,
    server_command,
)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bin/bench pages", description=__doc__)
    parser.add_argument("--servers", nargs="+", default=["uvicorn"])
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args(arguments)
    for server in options.servers:
        bare = measure_bare(options, server, BENCH_MIDDLEWARE="1")
        barest = measure_bare(options, server, BENCH_MIDDLEWARE="")
        print(f"{server:34}{'CPU ms':>10}{'x bare':>10}{'x barest':>10}{'KB':>10}")
        show("a bare async view", bare, bare, barest)
        show("the same without middleware", barest, bare, barest)
        for name, cpu, size in measure_site(options, server):
            show(name, cpu, bare, barest, f"{size / 1024:10.1f}")


def show(name: str, cpu: float, bare: float, barest: float, size: str = "") -> None:
    print(f"{name:34}{cpu:10.2f}{cpu / bare:10.1f}{cpu / barest:10.1f}{size}", flush=True)


class Browser:
    """One kept-alive connection of one signed-in person."""

    def __init__(self, port: int, session: str = ""):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        cookies = f"chatsite_session={session}; chatsite_csrf={'0' * 32}"
        self.headers = {"Cookie": cookies, "Accept-Language": "en"}

    def get(self, path: str, **headers: str) -> bytes:
        try:
            self.connection.request("GET", path, headers=self.headers | headers)
            response = self.connection.getresponse()
        except http.client.RemoteDisconnected:  # it was idle for too long
            self.connection.close()
            return self.get(path, **headers)
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"{path} answers {response.status}")
        return body


def cost(pid: int, count: int, work) -> float:
    """CPU milliseconds of the server for one call of `work`, after a warm-up."""
    for _ in range(20):
        work()
    before = cpu_seconds(pid)
    for _ in range(count):
        work()
    return (cpu_seconds(pid) - before) * 1000 / count


def measure_bare(options, kind: str, **more: str) -> float:
    port = free_port()
    with scratch() as folder:
        command, env = (
            server_command(kind, port, "bench.bare:application"),
            environment(folder, port, **more),
        )
        with running(command, port, env, folder / "server.log") as process:
            browser = Browser(port)
            return cost(process.pid, options.requests * 3, lambda: browser.get("/"))


def measure_site(options, kind: str):
    port = free_port()
    with scratch() as folder:
        env = environment(folder, port, BENCH_PEOPLE="8", BENCH_ROOMS="1000", BENCH_MESSAGES="500")
        manage(env, "migrate", "-v", "0")
        manage(env, "collectstatic", "--noinput", "-v", "0")
        site = populate(env)
        command = server_command(kind, port)
        with running(command, port, env, folder / "server.log") as process:
            yield from measure_pages(options, port, process.pid, site)


def measure_pages(options, port: int, pid: int, site: dict):
    browser, room, count = (
        Browser(port, site["sessions"][0]),
        f"/rooms/{site['room']}/",
        options.requests,
    )
    page = browser.get(room)
    yield "room page, warm", cost(pid, count, lambda: browser.get(room)), len(page)
    runner = asyncio.Runner()
    poster = runner.run(sit_down(port, site))

    def post():
        runner.run(poster.ask(
            type="send_message", room=site["room"], body=TEXT, nonce=str(uuid.uuid4())
        ))  # fmt: skip

    posting = cost(pid, count, post)
    changed = cost(pid, count, lambda: (post(), browser.get(room)))
    yield "room page, just changed", changed - posting, len(page)
    oldest = re.search(rb'data-id="(\d+)"', page).group(1).decode()
    older = f"{room}messages/?before={oldest}"
    as_json = {"Accept": "application/json"}
    size = len(browser.get(older, **as_json))
    yield "history page", cost(pid, count, lambda: browser.get(older, **as_json)), size
    size = len(browser.get("/rooms/"))
    yield "room list, 1,000 rooms", cost(pid, count, lambda: browser.get("/rooms/")), size
    poster.transport.abort()
    runner.close()


async def sit_down(port: int, site: dict) -> Client:
    client = await Client.connect(port, "/ws/", site["sessions"][1])
    await client.welcomed
    await client.ask(type="join_room", room=site["room"])
    return client
