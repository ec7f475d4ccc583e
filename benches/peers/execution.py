"""The replay against other programs: the same orders, the same bars, in one run.

    python3 -m venv peers && peers/bin/pip install -r benches/peers/requirements.txt
    peers/bin/python benches/peers/execution.py --hours BTCUSDT-1h.csv --minutes BTCUSD-1m.csv [--nautilus OTHER/bin/python]

Files have columns of a time, open, high, low and close. NautilusTrader wants other versions of the same packages: it runs in an
interpreter of its own, where one is named. Every program is run once to warm up and then measured; results are compared before
anything is timed.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

warnings.filterwarnings("ignore")
ROOT = Path(__file__).resolve().parents[2]
MASK = (1 << 64) - 1
FEE, CASH, FAST, SLOW = 0.001, 1e6, 20, 100


def best(function, repeats):
    function()
    shortest = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        shortest = min(shortest, time.perf_counter() - start)
    return 1e3 * shortest, result


def walk(n):
    rng = np.random.Generator(np.random.PCG64(7))
    close = 1000.0 * np.exp(np.cumsum(0.005 * rng.standard_normal(n)))
    opened = np.concatenate([[1000.0], close[:-1]])
    high = np.maximum(opened, close) * (1.0 + 0.003 * rng.random(n))
    low = np.minimum(opened, close) * (1.0 - 0.003 * rng.random(n))
    times = 1_600_000_000_000 // 3_600_000 * 3_600_000 + np.arange(n, dtype=np.int64) * 3_600_000
    return pl.DataFrame({"open_time": times, "open": opened, "high": high, "low": low, "close": close, "volume": np.ones(n)})


def buys(bars, columns):
    """Whether each column buys or sells a unit at each close: as in benches/execution.rs."""
    with np.errstate(over="ignore"):
        z = np.arange(bars, dtype=np.uint64)[:, None] * np.uint64(1_000_003) + np.arange(columns, dtype=np.uint64)[None, :]
        z = z * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return (z >> np.uint64(63)) == 1


def read(file, minutes):
    """Bars of a file; a history of Bitfinex has its close second."""
    frame = pl.read_csv(file, infer_schema_length=None)
    names = {c: c.strip().lower() for c in frame.columns}
    frame = frame.rename(names)
    stamp = next(c for c in frame.columns if c in ("open_time", "timestamp", "time", "date", "datetime", "ts", "mts"))
    frame = frame.rename({stamp: "open_time"})
    if frame["open_time"].dtype == pl.String:
        frame = frame.with_columns(pl.col("open_time").str.to_datetime(time_unit="ms").cast(pl.Int64))
    if "volume" not in frame.columns:
        frame = frame.with_columns(pl.lit(1.0).alias("volume"))
    wanted = ["open", "high", "low", "close", "volume"]
    return frame.select("open_time", *[pl.col(c).cast(pl.Float64) for c in wanted]).sort("open_time").unique("open_time", maintain_order=True)


def positions(close):
    """Position wanted at each close: long above, short below, NaN before both averages and where nothing changes."""
    mean = lambda n: pd.Series(close).rolling(n).mean().to_numpy()
    fast, slow = mean(FAST), mean(SLOW)
    want = np.where(fast > slow, 1.0, np.where(fast < slow, -1.0, np.nan))
    held, out = 0.0, np.full(len(close), np.nan)
    for i in np.flatnonzero(~np.isnan(want)):
        if want[i] != held:
            out[i] = held = want[i]
    return out


def vectorbt_grid(close, up, engine):
    import vectorbt as vbt

    size = np.where(up, 1.0, -1.0)
    run = lambda: vbt.Portfolio.from_orders(close[:, None], size=size, fees=FEE, init_cash=1e9, freq="1h", engine=engine)
    ms, pf = best(run, 5)
    return ms, pf.final_value().to_numpy()


def vectorbt(b):
    import vectorbt as vbt

    close, opened = b["close"].to_numpy(), b["open"].to_numpy()

    def run():
        fast, slow = vbt.MA.run(close, FAST).ma.to_numpy().ravel(), vbt.MA.run(close, SLOW).ma.to_numpy().ravel()
        want = np.where(fast > slow, 1.0, np.where(fast < slow, -1.0, np.nan))
        size = np.r_[np.nan, want[:-1]]
        pf = vbt.Portfolio.from_orders(close, size=size, size_type="targetamount", price=opened, fees=FEE, init_cash=CASH, freq="1h")
        pf.total_return(), pf.sharpe_ratio(), pf.max_drawdown()
        return pf.final_value(), len(pf.orders.values)

    return best(run, 5)


def backtesting(b):
    from backtesting import Backtest, Strategy

    frame = pd.DataFrame(
        {k.capitalize(): b[k].to_numpy() for k in ["open", "high", "low", "close", "volume"]},
        index=pd.to_datetime(b["open_time"].to_numpy(), unit="ms"),
    )
    mean = lambda x, n: pd.Series(x).rolling(n).mean()

    class Cross(Strategy):
        def init(self):
            self.fast, self.slow = self.I(mean, self.data.Close, FAST), self.I(mean, self.data.Close, SLOW)
            self.held = 0

        def next(self):
            fast, slow = self.fast[-1], self.slow[-1]
            want = 1 if fast > slow else -1 if fast < slow else 0
            if want and want != self.held:
                self.position.close()
                (self.buy if want > 0 else self.sell)(size=1)
                self.held = want

    run = lambda: Backtest(frame, Cross, cash=CASH, commission=FEE).run()
    ms, stats = best(run, 1)
    return ms, (stats["Equity Final [$]"], len(stats["_trades"]))


def backtrader(b):
    import backtrader as bt

    frame = pd.DataFrame(
        {k: b[k].to_numpy() for k in ["open", "high", "low", "close", "volume"]},
        index=pd.to_datetime(b["open_time"].to_numpy(), unit="ms"),
    )

    class Cross(bt.Strategy):
        def __init__(self):
            self.fast, self.slow = bt.ind.SMA(period=FAST), bt.ind.SMA(period=SLOW)
            self.held, self.orders = 0, 0

        def next(self):
            want = 1 if self.fast[0] > self.slow[0] else -1 if self.fast[0] < self.slow[0] else 0
            if want and want != self.held:
                self.order_target_size(target=want)
                self.held, self.orders = want, self.orders + 1

    def run():
        c = bt.Cerebro()
        c.adddata(bt.feeds.PandasData(dataname=frame))
        c.addstrategy(Cross)
        c.broker.setcash(CASH)
        c.broker.setcommission(FEE)
        for a in (bt.analyzers.Returns, bt.analyzers.SharpeRatio, bt.analyzers.DrawDown, bt.analyzers.TradeAnalyzer):
            c.addanalyzer(a)
        done = c.run()
        return c.broker.getvalue(), done[0].orders

    start = time.perf_counter()
    result = run()
    return 1e3 * (time.perf_counter() - start), result


NAUTILUS = '''
import sys, time
from decimal import Decimal
import pandas as pd, polars as pl
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

file, length, fast, slow = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
b = pl.read_parquet(file)
instrument = TestInstrumentProvider.btcusdt_perp_binance()
kind = BarType.from_str(f"{instrument.id}-1-{length}-LAST-EXTERNAL")
frame = b.select("open", "high", "low", "close", "volume").to_pandas()
frame.index = pd.to_datetime(b["open_time"].to_numpy(), unit="ms", utc=True)
bars = BarDataWrangler(kind, instrument).process(frame)

class Cross(Strategy):
    def __init__(self):
        super().__init__(StrategyConfig())
        self.fast, self.slow = SimpleMovingAverage(fast), SimpleMovingAverage(slow)
        self.held, self.orders = 0, 0

    def on_start(self):
        self.register_indicator_for_bars(kind, self.fast)
        self.register_indicator_for_bars(kind, self.slow)
        self.subscribe_bars(kind)

    def on_bar(self, bar):
        if not self.indicators_initialized():
            return
        f, s = self.fast.value, self.slow.value
        want = 1 if f > s else -1 if f < s else 0
        if want and want != self.held:
            size = instrument.make_qty(1 if self.held == 0 else 2)
            side = OrderSide.BUY if want > 0 else OrderSide.SELL
            self.submit_order(self.order_factory.market(instrument.id, side, size))
            self.held, self.orders = want, self.orders + 1

engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
engine.add_venue(venue=Venue("BINANCE"), oms_type=OmsType.NETTING, account_type=AccountType.MARGIN, base_currency=None,
                 starting_balances=[Money(1_000_000, USDT)])
engine.add_instrument(instrument)
engine.add_data(bars)
cross = Cross()
engine.add_strategy(cross)
start = time.perf_counter()
engine.run()
engine.get_result()
print(1e3 * (time.perf_counter() - start), cross.orders)
'''


def nautilus(python, file, length):
    done = subprocess.run([python, "-c", NAUTILUS, str(file), length, str(FAST), str(SLOW)], capture_output=True, text=True)
    if done.returncode:
        return None, (None, done.stderr.strip().splitlines()[-1])
    ms, orders = done.stdout.split()[-2:]
    return float(ms), (None, int(orders))


def assay(folder):
    env = {**os.environ, "ASSAY_PEER": str(folder)}
    done = subprocess.run(
        ["cargo", "bench", "-q", "--bench", "execution"], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def line(name, ms, own, note=""):
    print(f"  {name:<34} {ms:>12,.2f} ms {ms / own:>10,.1f} x  {note}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", required=True)
    parser.add_argument("--minutes")
    parser.add_argument("--nautilus", help="a Python with nautilus_trader and polars")
    o = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        grid = walk(1000)
        grid.write_parquet(folder / "grid.parquet")
        sets = {"hours": read(o.hours, False)}
        sets["minutes"] = read(o.minutes, True) if o.minutes else sets["hours"]
        for name, b in sets.items():
            b.write_parquet(folder / f"{name}.parquet")
        ours = assay(folder)

        print("a million orders: 1,000 accounts, one order at each of 1,000 closes")
        own = ours["grid"]["ms"]
        line("assay, with daily figures", own, own)
        up, close = buys(1000, 1000), grid["close"].to_numpy()
        for engine in ("numba", "rust"):
            try:
                ms, value = vectorbt_grid(close, up, engine)
            except Exception as e:
                print(f"  vectorbt ({engine}): {e}")
                continue
            # What is open is closed at the last close here, for a fee.
            held = np.where(up[:-1], 1.0, -1.0).sum(axis=0)
            before = vectorbt_grid(close[:-1], up[:-1], engine)[1] - np.abs(held) * close[-1] * FEE + held * (close[-1] - close[-2])
            off = np.max(np.abs(before - np.array(ours["grid"]["equity"])) / before)
            line(f"vectorbt {engine}", ms, own, f"largest difference {off:.1e}")
            assert off < 1e-9, off

        for name, b in sets.items():
            if name == "minutes" and not o.minutes:
                continue
            own, figures = ours[name]["ms"], ours[name]["figures"]
            fee = float(b["close"][-1]) * FEE
            print(f"textbook crossover of {FAST} and {SLOW}, {b.height:,} bars: {figures['trades']} trades, equity {figures['end']:,.2f}")
            line("assay", own, own)
            for label, program in [("vectorbt", vectorbt), ("backtesting.py", backtesting), ("backtrader", backtrader)]:
                ms, (end, n) = program(b)
                # Others leave the last position open, and do not pay for closing it.
                off = abs(end - fee - figures["end"]) / figures["end"]
                line(label, ms, own, f"{n} orders or trades, equity differs by {off:.1e}")
            if o.nautilus:
                ms, (_, n) = nautilus(o.nautilus, folder / f"{name}.parquet", "HOUR" if name == "hours" else "MINUTE")
                if ms is None:
                    print(f"  NautilusTrader: {n}")
                else:
                    line("NautilusTrader", ms, own, f"{n} orders, filled at the close that decided")


if __name__ == "__main__":
    main()
