"""Every indicator against TA-Lib and against polars, over the same million bars in the same run.

    venv/bin/python benches/peers/indicators.py [--bars 1000000] [--rounds 3]

The venv is that of tests/reference/requirements.txt. Each round measures all of Assay, then all of TA-Lib, then all of
polars; the figure of a library is its best over the rounds, in nanoseconds a bar. Ratios above 1 say that Assay is faster.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "reference"))

import candles
import numpy as np
import polars as pl
import ta_lib

REPEATS = 7

POLARS = {
    "sma:20": lambda c: c["close"].rolling_mean(20),
    "ema:20": lambda c: c["close"].ewm_mean(span=20, adjust=False),
    "wma:30": lambda c: c["close"].rolling_mean(30, weights=[float(i + 1) for i in range(30)]),
    "std:20": lambda c: c["close"].rolling_std(20, ddof=0),
    "highest:20": lambda c: c["high"].rolling_max(20),
    "lowest:20": lambda c: c["low"].rolling_min(20),
    "momentum:10": lambda c: c["close"].diff(10),
    "roc:10": lambda c: c["close"].pct_change(10),
    "rolling_median:20": lambda c: c["close"].rolling_median(20),
    "rolling_quantile:20,0.5": lambda c: c["close"].rolling_quantile(0.5, window_size=20),
}


def bars(n):
    rng = np.random.Generator(np.random.PCG64(7))
    close = 1000.0 * np.exp(np.cumsum(0.001 * rng.standard_normal(n)))
    opened = np.concatenate([[1000.0], close[:-1]])
    high = np.maximum(opened, close) * (1.0 + 0.0005 * rng.random(n))
    low = np.minimum(opened, close) * (1.0 - 0.0005 * rng.random(n))
    times = np.arange(n, dtype=np.int64) * 3_600_000
    volume = np.round(1e4 * rng.random(n))
    return {"open_time": times, "open": opened, "high": high, "low": low, "close": close, "volume": volume}


def best(function, n):
    shortest = math.inf
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        shortest = min(shortest, time.perf_counter() - start)
    return 1e9 * shortest / n


def assay(file, names):
    env = {**os.environ, "ASSAY_PEER_BARS": str(file), "ASSAY_PEER_FEATURES": ";".join(names)}
    command = ["cargo", "bench", "-q", "--bench", "indicators"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    n = options.bars
    columns = bars(n)
    frame = pl.DataFrame(columns)
    talib = {**ta_lib.TABLE, **candles.TABLE}
    names = list(dict.fromkeys([*talib, *POLARS]))
    known = json.loads(
        subprocess.run(
            ["cargo", "run", "-q", "--release", "--", "features", "--list", "--format", "json"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout
    )
    known = {f["name"] for f in known}
    names = [name for name in names if name.split(":")[0] in known]
    figures = {name: [math.inf] * 3 for name in names}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bars.parquet"
        frame.write_parquet(file, compression="uncompressed")
        for _ in range(options.rounds):
            for name, ns in assay(file, names).items():
                figures[name][0] = min(figures[name][0], ns)
            for column, table, data in ((1, talib, columns), (2, POLARS, frame)):
                for name in names:
                    if name in table:
                        figures[name][column] = min(figures[name][column], best(lambda: table[name](data), n))
    print(f"{'feature':<26} {'assay':>8} {'TA-Lib':>8} {'polars':>8}   ns a bar, {n} bars; ratio to TA-Lib, polars")
    ratios = ([], [])
    for name, (own, ta, po) in sorted(figures.items(), key=lambda x: x[1][1] / x[1][0]):
        shown = [f"{x:8.2f}" if math.isfinite(x) else "       -" for x in (own, ta, po)]
        ratio = [x / own if math.isfinite(x) else None for x in (ta, po)]
        for k, x in enumerate(ratio):
            if x:
                ratios[k].append(x)
        print(f"{name:<26} {' '.join(shown)}   {'  '.join('     -' if x is None else f'{x:6.2f}' for x in ratio)}")
    for label, r in zip(("TA-Lib", "polars"), ratios):
        mean = math.exp(sum(map(math.log, r)) / len(r))
        print(f"{label}: {len(r)} features, geometric mean ratio {mean:.2f}, smallest {min(r):.2f}")


if __name__ == "__main__":
    main()
