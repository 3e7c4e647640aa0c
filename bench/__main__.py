"""The benchmarks. Each starts its own servers on free ports and leaves nothing behind."""

import argparse
import importlib

BENCHES = ("fanout", "post", "pages", "markup", "search")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("bench", choices=BENCHES)
    chosen, rest = parser.parse_known_args()
    importlib.import_module(f"bench.{chosen.bench}").main(rest)
