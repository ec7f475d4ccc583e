"""Opens a file of bars that `assay data import` made in pandas, DuckDB and Polars, and holds it against the source.

    open_bars.py BARS.parquet SOURCE.csv

SOURCE has the columns datetime (or open_time), open, high, low, close, volume. Ends with an error where a cell differs.
"""

import json
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq

PRICES = ["open", "high", "low", "close", "volume"]


def main(bars: str, source: str) -> None:
    want = pd.read_csv(source)
    want = want.rename(columns=str.lower)
    time = next(c for c in ("datetime", "open_time", "timestamp", "date") if c in want.columns)
    want["open_time"] = pd.to_datetime(want[time], utc=True)

    got = pd.read_parquet(bars)
    assert list(got.columns)[:6] == ["open_time", *PRICES], got.columns
    assert str(got["open_time"].dtype) == "datetime64[ms, UTC]", got["open_time"].dtype
    plain = [f["open_time"].dt.tz_localize(None).to_numpy().astype("datetime64[ms]") for f in (got, want)]
    assert (plain[0] == plain[1]).all()
    for name in PRICES:
        assert (got[name].to_numpy() == want[name].to_numpy(dtype="float64")).all(), name

    sums = ", ".join(f"sum({n})" for n in PRICES)
    with duckdb.connect() as db:
        row = db.execute(f"select count(*), min(epoch_ms(open_time)), max(epoch_ms(open_time)), {sums} from read_parquet(?)", [bars]).fetchone()
    assert row[0] == len(want)
    first, last = want["open_time"].iloc[0], want["open_time"].iloc[-1]
    assert row[1:3] == (int(first.timestamp() * 1000), int(last.timestamp() * 1000)), row
    for name, total in zip(PRICES, row[3:]):
        assert abs(total - want[name].sum()) <= 1e-9 * abs(total), name

    frame = pl.read_parquet(bars)
    assert frame.shape[0] == len(want) and frame.schema["open_time"] == pl.Datetime("ms", "UTC"), frame.schema
    assert (frame["close"].to_numpy() == want["close"].to_numpy(dtype="float64")).all()

    said = {k.decode(): v.decode() for k, v in pq.read_schema(bars).metadata.items() if k.startswith(b"assay:")} if pq.read_schema(bars).metadata else {}
    said = said or {k.decode(): v.decode() for k, v in pq.ParquetFile(bars).metadata.metadata.items()}
    assert said["assay:time"] == "open", said
    assert json.loads(said["assay:import"])["files"][0]["rows"] == len(want)
    versions = {m.__name__: m.__version__ for m in (pd, duckdb, pl)}
    print(f"{len(want)} bars are the same in {versions}")


if __name__ == "__main__":
    main(*sys.argv[1:])
