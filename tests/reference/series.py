"""Bars that the golden files are computed over, and how a golden file is written.

Every series is made from a seed by integer arithmetic (SplitMix64) and rounded to a tick, so that it is the same on any
machine. A golden file holds the bars and one column for every feature, named as `assay features` names it.
"""

import math
from pathlib import Path

import numpy as np
import polars as pl

HOUR = 3_600_000
MASK = (1 << 64) - 1
PRICES = ["open", "high", "low", "close", "volume"]


def split_mix(seed):
    """Uniform numbers in (0, 1)."""
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield ((z ^ (z >> 31)) >> 11) * 2.0**-53 + 2.0**-54


def walk(seed, n, start, step, tick, gap=0.0, bar_ms=HOUR, volume=1000.0, offset=0.0, wick=0.7, persistence=0.0):
    """A random walk of bars; `gap` is the size of the jump from a close to the next open, `wick` the length of shadows in steps,
    `persistence` the share of a step that goes on into the next."""
    u = split_mix(seed)
    # The sum of twelve uniforms is near enough to a normal and needs no logarithm.
    normal = lambda: sum(next(u) for _ in range(12)) - 6.0
    rows = {k: [] for k in ["open_time", *PRICES]}
    price, move = start, 0.0
    for i in range(n):
        opened = price * (1.0 + gap * normal())
        move = persistence * move + step * normal()
        closed = opened * (1.0 + move)
        high = max(opened, closed) * (1.0 + step * next(u) * wick)
        low = min(opened, closed) * (1.0 - step * next(u) * wick)
        o, h, l, c = (round(round(x / tick) * tick, 8) for x in (opened, high, low, closed))
        rows["open_time"].append(i * bar_ms)
        for key, x in zip(PRICES, (o, max(o, h, c), min(o, l, c), c)):
            rows[key].append(x + offset)
        rows["volume"].append(float(round(volume * (0.2 + 2.0 * next(u) * next(u)))))
        price = closed
    return frame(rows)


def frame(rows):
    kinds = {"open_time": np.int64}
    return {k: np.array(v, dtype=kinds.get(k, np.float64)) for k, v in rows.items()}


def constant(n):
    one = {k: np.full(n, 100.0) for k in PRICES}
    return {"open_time": np.arange(n, dtype=np.int64) * HOUR, **one}


def alternating(n):
    side = np.arange(n) % 2
    close = 100.0 + side
    return {
        "open_time": np.arange(n, dtype=np.int64) * HOUR,
        "open": 101.0 - side,
        "high": np.full(n, 101.5),
        "low": np.full(n, 99.5),
        "close": close,
        "volume": 1000.0 + 500.0 * side,
    }


def holes(bars):
    out = {k: v.copy() for k, v in bars.items()}
    for row in (0, 60, 61, 150, 230, 232):
        for key in PRICES:
            out[key][row] = np.nan
    return out


def all_series():
    """Name, bars: candles of a crypto pair, a currency pair and a share, and what breaks careless arithmetic."""
    n = 320
    crypto = walk(1, n, 40_000.0, 0.008, 0.01)
    return {
        "crypto": crypto,
        "forex": walk(2, n, 1.1, 0.0006, 0.00001, volume=5000.0),
        "equity": walk(3, n, 150.0, 0.012, 0.01, gap=0.006, bar_ms=24 * HOUR, volume=3e6),
        "constant": constant(n),
        "alternating": alternating(n),
        "offset": walk(4, n, 1000.0, 0.002, 0.01, offset=1e8),
        "short": {k: v[:10] for k, v in crypto.items()},
        "holes": holes(walk(5, n, 2_000.0, 0.01, 0.01)),
    }


def parts(bars):
    """The runs of rows without a hole, as slices."""
    whole = np.logical_and.reduce([~np.isnan(bars[k]) for k in PRICES])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], whole, [False]]).astype(int)))
    return [slice(a, b) for a, b in zip(edges[::2], edges[1::2])]


def compute(bars, table):
    """Every feature of `table` (name -> function of bars) on each side of every hole by itself."""
    out = {}
    for name, function in table.items():
        column = np.full(len(bars["close"]), np.nan)
        for part in parts(bars):
            rows = {k: np.ascontiguousarray(v[part]) for k, v in bars.items()}
            column[part] = np.asarray(function(rows), dtype=np.float64)
        out[name] = column
    return out


def write(path, bars, columns, made_by):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pl.DataFrame({**bars, **columns})
    table.write_parquet(path, compression="zstd", statistics=False, metadata={"reference": made_by})
    print(f"{path}: {table.height} rows, {len(columns)} columns")


def read_bars(path, rows=None):
    """Open time (ms), prices and volume of a CSV of bars, whatever the case of its header."""
    table = pl.read_csv(path, infer_schema_length=10_000)
    table = table.rename({c: c.strip().lower().replace(" ", "_") for c in table.columns})
    if rows:
        table = table.head(rows)
    out = {k: table[k].cast(pl.Float64).to_numpy() for k in PRICES}
    out["open_time"] = np.arange(table.height, dtype=np.int64) * HOUR
    return {k: np.ascontiguousarray(out[k]) for k in ["open_time", *PRICES]}


def main(directory, table, made_by, arguments, more=None, rows=None):
    """Without arguments the committed files; with `OUT FILE...` the same columns over real bars, into OUT."""
    if arguments:
        out, *files = arguments
        for k, file in enumerate(files):
            bars = read_bars(file, rows)
            write(Path(out) / f"{directory}-{k}.parquet", bars, compute(bars, table), made_by)
        return
    counts = dict.fromkeys(table, 0)
    here = Path(__file__).parent / "golden"
    for name, bars in {**all_series(), **(more or {})}.items():
        columns = compute(bars, table)
        for key, column in columns.items():
            counts[key] += int(np.count_nonzero(np.nan_to_num(column)))
        write(here / directory / f"{name}.parquet", bars, columns, made_by)
    print("values other than zero:", counts)
