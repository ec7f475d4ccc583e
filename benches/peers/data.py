"""Reading files of bars: this program against pandas and Polars on the same files in the same run.

    python benches/peers/data.py ASSAY_BINARY [--rows 2000000] [--repeat 5]

Makes the files itself (synthetic one-minute klines, twelve columns), then times whole processes for `assay data import` and calls for
the libraries, so that this program is at a disadvantage: its figures hold the start of a process, all checks and the writing of the
Parquet file. Needs pandas, polars, pyarrow and numpy.
"""

import argparse
import gzip
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

COLUMNS = ["open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count",
           "taker_buy_volume", "taker_buy_quote_volume", "ignore"]
KEPT = COLUMNS[:6]


def make(folder: Path, rows: int) -> dict[str, Path]:
    rng = np.random.default_rng(7)
    close = np.round(20_000 * np.exp(np.cumsum(rng.normal(0, 4e-4, rows))), 2)
    open_ = np.concatenate([[20_000.0], close[:-1]])
    high = np.round(np.maximum(open_, close) + rng.exponential(3, rows), 2)
    low = np.round(np.minimum(open_, close) - rng.exponential(3, rows), 2)
    t = 1_500_000_000_000 // 60_000 * 60_000 + 60_000 * np.arange(rows)
    v = np.round(rng.exponential(9, rows), 5)
    frame = pl.DataFrame(dict(zip(COLUMNS, [t, open_, high, low, close, v, t + 59_999, np.round(v * close, 4),
                                            rng.integers(1, 999, rows), np.round(v / 2, 5), np.round(v * close / 2, 4),
                                            np.zeros(rows, dtype=np.int64)])))
    files = {name: folder / f"BTCUSDT-1m.{name}" for name in ("csv", "zip", "json", "parquet")}
    frame.write_csv(files["csv"])
    with zipfile.ZipFile(files["zip"], "w", zipfile.ZIP_DEFLATED) as z:
        z.write(files["csv"], "BTCUSDT-1m-2020-01.csv")
    some = frame.head(rows // 4)
    with open(files["json"], "w") as out:
        cells = [some[c].to_list() for c in COLUMNS]
        out.write("[" + ",".join(json.dumps([r[0], *map(str, r[1:6]), r[6], *map(str, r[7:])], separators=(",", ":"))
                                 for r in zip(*cells)) + "]")
    frame.select(KEPT).write_parquet(files["parquet"])
    return files


def timed(repeat: int, run) -> float:
    took = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("assay")
    p.add_argument("--rows", type=int, default=2_000_000)
    p.add_argument("--repeat", type=int, default=5)
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        folder = Path(tmp)
        files = make(folder, a.rows)
        out = folder / "out.parquet"

        def assay(name: str):
            subprocess.run([a.assay, "data", "import", files[name], "--out", out, "--quiet", "--time", "open"], check=True)

        def checked(name: str):
            subprocess.run([a.assay, "data", "check", files[name], "--quiet", "--time", "open"], check=True)

        def unzip(read):
            with zipfile.ZipFile(files["zip"]) as z, z.open(z.namelist()[0]) as f:
                return read(f)

        peers = {
            "csv": {"pandas": lambda: pd.read_csv(files["csv"], usecols=KEPT),
                    "polars": lambda: pl.read_csv(files["csv"], columns=KEPT)},
            "zip": {"pandas": lambda: unzip(lambda f: pd.read_csv(f, usecols=KEPT)),
                    "polars": lambda: unzip(lambda f: pl.read_csv(f.read(), columns=KEPT))},
            "json": {"pandas": lambda: pd.DataFrame(json.load(open(files["json"])), columns=COLUMNS)[KEPT].astype(
                         {c: "float64" for c in KEPT[1:]}),
                     "polars": lambda: pl.DataFrame(json.load(open(files["json"])), schema=COLUMNS, orient="row").select(
                         "open_time", *[pl.col(c).cast(pl.Float64) for c in KEPT[1:]])},
            "parquet": {"pandas": lambda: pd.read_parquet(files["parquet"]), "polars": lambda: pl.read_parquet(files["parquet"])},
        }
        # The same rows first.
        want = peers["csv"]["polars"]()
        for name in ("csv", "zip", "parquet"):
            assay(name)
            got = pl.read_parquet(out)
            assert got.height == want.height and all((got[c] == want[c]).all() for c in KEPT[1:]), name
        print(f"{a.rows:,} rows (JSON {a.rows // 4:,}), {os.cpu_count()} cores, pandas {pd.__version__}, polars {pl.__version__}\n")
        print(f"{'path':8} {'file MB':>8} {'program':32} {'rows/s':>12} {'MB/s':>8}")
        for name, of in peers.items():
            rows = a.rows // 4 if name == "json" else a.rows
            size = files[name].stat().st_size / 1e6
            runs = {"assay data import (checks, writes)": lambda: assay(name), "assay data check (checks)": lambda: checked(name), **of}
            for program, run in runs.items():
                seconds = timed(a.repeat, run)
                print(f"{name:8} {size:8.1f} {program:36} {rows / seconds:12,.0f} {size / seconds:8.1f}")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"\nlargest peak of this program: {peak:,.0f} MB")


if __name__ == "__main__":
    main()
