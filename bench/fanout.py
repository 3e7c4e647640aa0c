"""How much CPU the server spends to bring one message to everybody in a room.

N clients sit in one room over real sockets. Messages of 60 characters are posted, the next as soon
as the last is acknowledged, or evenly with --rate: at ten a second everybody falls asleep between
two, and to wake them costs the server more than the writing. The server's CPU time (user and
system, by the kernel's accounting) is divided by the deliveries.
Then a burst shows how many deliveries a second there can be. Each client must have got every
message once and in order, else the run fails.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
import uuid

from bench.clients import Client
from bench.servers import (
    ROOT,
    cpu_seconds,
    environment,
    free_port,
    manage,
    memory_bytes,
    redis_server,
    running,
    scratch,
    server_command,
)

TEXT = "The kettle is on, come over when you have finished the page."
BURST = 40


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bin/bench fanout", description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--servers", nargs="+", default=["uvicorn", "daphne"])
    parser.add_argument("--layers", nargs="+", default=["redis", "memory"])
    parser.add_argument("--messages", type=int, default=240)
    parser.add_argument("--rate", type=float, help="messages a second; else as fast as acks come")
    parser.add_argument("--no-baseline", action="store_true", help="leave idiomatic Channels out")
    options = parser.parse_args(arguments)
    print(
        f"{'':34}{'CPU ms per':>12}{'deliveries':>12}{'p50':>8}{'p99':>8}{'KB per idle':>13}\n"
        f"{'':34}{'1,000 del.':>12}{'per second':>12}{'ms':>8}{'ms':>8}{'connection':>13}"
    )
    with scratch() as folder, redis_server(folder) as redis_url:
        for clients in options.clients:
            for layer in options.layers:
                for server in options.servers:
                    url = redis_url if layer == "redis" else ""
                    ours = measure(options, server, clients, url)
                    show(f"Chatsite, {server}, {layer}, {clients}", ours)
                    if layer == "redis" and not options.no_baseline:
                        theirs = measure(options, server, clients, url, idiomatic=True)
                        show(f"idiomatic Channels, {server}, {clients}", theirs)
                        print(f"{'':10}ratio {theirs['cpu'] / ours['cpu']:.1f}")


def show(name: str, figures: dict) -> None:
    print(
        f"{name:34}{figures['cpu']:12.1f}{figures['rate']:12,.0f}"
        f"{figures['p50']:8.1f}{figures['p99']:8.1f}{figures['memory'] / 1024:13.1f}",
        flush=True,
    )


def measure(options, kind: str, clients: int, redis_url: str, idiomatic: bool = False) -> dict:
    port = free_port()
    with scratch() as folder:
        env = environment(folder, port, REDIS_URL=redis_url, BENCH_PEOPLE=str(clients))
        site = {"room": "room", "sessions": [""] * clients}
        application = "bench.idiomatic:application"
        if not idiomatic:
            application = "chatsite.asgi:application"
            manage(env, "migrate", "-v", "0")
            site = populate(env)
        command = server_command(kind, port, application)
        with running(command, port, env, folder / "server.log") as process:
            return asyncio.run(fan_out(options, port, process.pid, site, idiomatic))


def populate(env: dict) -> dict:
    """People with sessions in a room, as bench/people.py made them."""
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0"],
        cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True,
        input=(ROOT / "bench/people.py").read_text(),
    )  # fmt: skip
    return json.loads(made.stdout.splitlines()[-1])


async def fan_out(options, port: int, pid: int, site: dict, idiomatic: bool) -> dict:
    path = "/ws/"
    first = await Client.connect(port, path, site["sessions"][0])
    await first.welcomed
    bare = memory_bytes(pid)
    everybody = [first]
    for session in site["sessions"][1:]:
        client = await Client.connect(port, path, session)
        await client.welcomed
        everybody.append(client)
    memory = (memory_bytes(pid) - bare) / max(1, len(everybody) - 1)
    if not idiomatic:
        for client in everybody:
            await client.ask(type="join_room", room=site["room"])
        await asyncio.sleep(2.5)  # until who is here has been told
    sent: list[float] = []
    frame = sample_frame(len(everybody)) if idiomatic else None

    async def post():
        sent.append(time.perf_counter())
        if idiomatic:
            await first.ask(**frame | {"revision": len(sent)})
        else:
            await first.ask(
                type="send_message", room=site["room"], body=TEXT, nonce=str(uuid.uuid4())
            )

    for _ in range(3):  # warm up
        await post()
    await arrived(everybody, len(sent))
    before, started = cpu_seconds(pid), time.perf_counter()
    for n in range(options.messages):
        if options.rate:
            await asyncio.sleep(max(0, started + n / options.rate - time.perf_counter()))
        await post()
    await arrived(everybody, len(sent))
    spent = cpu_seconds(pid) - before
    latencies = sorted(
        at - sent[revision - 1]
        for client in everybody
        for revision, at in client.arrivals
        if revision > 3
    )
    started = time.perf_counter()
    for _ in range(BURST):
        await post()
    await arrived(everybody, len(sent))
    rate = BURST * len(everybody) / (time.perf_counter() - started)
    for client in everybody:
        got = [revision for revision, _ in client.arrivals]
        if got != list(range(1, len(sent) + 1)):
            raise SystemExit(f"Lost, doubled or out of order: {got[:20]}…")
        client.transport.abort()
    deliveries = options.messages * len(everybody)
    return {
        "cpu": spent * 1000 / deliveries * 1000,
        "rate": rate,
        "p50": latencies[len(latencies) // 2] * 1000,
        "p99": latencies[len(latencies) * 99 // 100] * 1000,
        "memory": memory,
    }


def sample_frame(clients: int) -> dict:
    """A frame as large as ours, so that only the way differs."""
    return {"type": "new_message", "room": "bench", "revision": 0, "html": "x" * 700, "body": TEXT}


async def arrived(clients: list[Client], count: int) -> None:
    deadline = time.monotonic() + 120
    while any(len(client.arrivals) < count for client in clients):
        if time.monotonic() > deadline:
            raise SystemExit("Not everything arrived within two minutes")
        await asyncio.sleep(0.002)
