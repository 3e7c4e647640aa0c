"""How much CPU the server spends on one posted message, from the frame to the ack and the delivery.

One room; one sender that waits for each ack, then 16 senders at once. The CPU time of the server
(user and system, by the kernel) is divided by the messages; the process of the database itself,
process, where there is one, is not counted.
"""

import argparse
import asyncio
import os
import time
import uuid

from bench.clients import Client
from bench.fanout import TEXT, populate
from bench.servers import (
    cpu_seconds,
    environment,
    free_port,
    manage,
    redis_server,
    running,
    scratch,
    server_command,
)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bin/bench post", description=__doc__)
    parser.add_argument("--servers", nargs="+", default=["uvicorn", "daphne"])
    parser.add_argument("--layers", nargs="+", default=["memory", "redis"])
    parser.add_argument("--senders", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument(
        "--database", default=os.environ.get("DATABASE_URL", ""), help="a URL; else SQLite"
    )
    options = parser.parse_args(arguments)
    print(f"{'':34}{'CPU ms per':>12}{'messages':>12}{'p50':>8}{'p99':>8}")
    print(f"{'':34}{'message':>12}{'per second':>12}{'ms':>8}{'ms':>8}")
    with scratch() as folder, redis_server(folder) as redis_url:
        for server in options.servers:
            for layer in options.layers:
                for senders in options.senders:
                    url = redis_url if layer == "redis" else ""
                    cpu, rate, times = measure(options, server, url, senders)
                    print(
                        f"{f'{server}, {layer}, {senders} at once':34}{cpu:12.2f}{rate:12,.0f}"
                        f"{times[len(times) // 2] * 1000:8.1f}"
                        f"{times[len(times) * 99 // 100] * 1000:8.1f}",
                        flush=True,
                    )


def measure(options, kind: str, redis_url: str, senders: int) -> tuple[float, float, list[float]]:
    port = free_port()
    with scratch() as folder:
        env = environment(
            folder, port, REDIS_URL=redis_url, DATABASE_URL=options.database,
            BENCH_PEOPLE=str(senders),
        )  # fmt: skip
        manage(env, "migrate", "-v", "0")
        if options.database:
            manage(env, "flush", "--noinput", "-v", "0")
        site = populate(env)
        with running(server_command(kind, port), port, env, folder / "server.log") as process:
            return asyncio.run(post(port, process.pid, site, options.messages // senders))


async def post(port: int, pid: int, site: dict, each: int) -> tuple[float, float, list[float]]:
    clients = []
    for session in site["sessions"]:
        client = await Client.connect(port, "/ws/", session)
        await client.welcomed
        await client.ask(type="join_room", room=site["room"])
        clients.append(client)
    await asyncio.sleep(2.5)  # until who is here has been told
    times: list[float] = []

    async def talk(client: Client, count: int):
        for _ in range(count):
            began = time.perf_counter()
            await client.ask(
                type="send_message", room=site["room"], body=TEXT, nonce=str(uuid.uuid4())
            )
            times.append(time.perf_counter() - began)

    await asyncio.gather(*(talk(client, 5) for client in clients))  # warm up
    times.clear()
    before, began = cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*(talk(client, each) for client in clients))
    took = time.perf_counter() - began
    cpu = (cpu_seconds(pid) - before) * 1000 / len(times)
    for client in clients:
        client.transport.abort()
    return cpu, len(times) / took, sorted(times)
