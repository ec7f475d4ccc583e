"""Figures of runs by the libraries themselves: what `src/metrics/dialects` must agree with.

    venv/bin/python tests/reference/dialects.py               the committed file golden/dialects.json, of seeded runs
    venv/bin/python tests/reference/dialects.py OUT RUN...    the same of run folders that `assay backtest` wrote

Packages and versions: requirements.txt.
"""

import json
import math
import os
import sys
import tomllib
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
import backtesting._stats as bt  # noqa: E402
import empyrical as ep  # noqa: E402
import polars as pl  # noqa: E402
import quantstats.stats as qs  # noqa: E402
import vectorbt as vbt  # noqa: E402
from vectorbt.portfolio.enums import trade_dt  # noqa: E402
from vectorbt.portfolio.trades import ExitTrades  # noqa: E402

DAY = 86_400_000


def day_curve(run):
    """Last equity of each UTC day of bar close, the start before it."""
    close = pd.to_datetime(np.array(run["close_ms"]) - 1, unit="ms")
    first = pd.to_datetime(run["open_ms"][0], unit="ms").floor("D")
    days = pd.Series(run["equity"], index=close).resample("D").last()
    if run["days_per_year"] >= 360:
        days = days.reindex(pd.date_range(first, days.index[-1], freq="D"))
        days.iloc[0] = run["start_equity"] if math.isnan(days.iloc[0]) else days.iloc[0]
        days = days.ffill()
    else:
        days = days.dropna()
    before = pd.Series([run["start_equity"]], index=[days.index[0] - pd.Timedelta(days=1)])
    return pd.concat([before, days])


def empyrical(run):
    r = day_curve(run).pct_change().iloc[1:]
    return {
        "total_return": ep.cum_returns_final(r),
        "cagr": ep.cagr(r),
        "volatility": ep.annual_volatility(r),
        "sharpe": ep.sharpe_ratio(r),
        "sortino": ep.sortino_ratio(r),
        "downside_deviation": ep.downside_risk(r),
        "max_drawdown": ep.max_drawdown(r),
        "calmar": ep.calmar_ratio(r),
        "omega": ep.omega_ratio(r),
        "tail_ratio": ep.tail_ratio(r),
        "var95": ep.value_at_risk(r),
        "cvar95": ep.conditional_value_at_risk(r),
    }


def or_none(function, r):
    """The library's answer; none where it divides by zero and fails."""
    try:
        return function(r)
    except ZeroDivisionError:
        return math.nan


def quantstats(run):
    r = day_curve(run).pct_change().iloc[1:]
    return {
        "total_return": qs.comp(r),
        "cagr": qs.cagr(r),
        "volatility": qs.volatility(r),
        "sharpe": qs.sharpe(r),
        "sortino": qs.sortino(r),
        "max_drawdown": qs.max_drawdown(r),
        "calmar": or_none(qs.calmar, r),
        "ulcer": qs.ulcer_index(r),
        "martin": qs.ulcer_performance_index(r),
        "omega": qs.omega(r),
        "tail_ratio": qs.tail_ratio(r),
        "var95": qs.value_at_risk(r),
        "cvar95": qs.conditional_value_at_risk(r),
        "win_rate": qs.win_rate(r),
        "profit_factor": qs.profit_factor(r),
        "payoff": qs.payoff_ratio(r),
        "kelly": qs.kelly_criterion(r),
        "exposure": qs.exposure(r),
    }


def vectorbt(run):
    index = pd.to_datetime(run["open_ms"], unit="ms")
    value = np.array(run["equity"], dtype=float)
    returns = vbt.returns.nb.returns_1d_nb(value, float(run["start_equity"]))
    freq = pd.Timedelta(run["bar_ms"], unit="ms")
    r = pd.Series(returns, index=index).vbt.returns(freq=freq)
    trades = run["trades"]
    n = len(trades["pnl"])
    records = np.zeros(n, dtype=trade_dt)
    for name, values in [
        ("id", range(n)),
        ("entry_idx", trades["entry_bar"]),
        ("exit_idx", trades["exit_bar"]),
        ("pnl", trades["pnl"]),
        ("return", trades["return_frac"]),
        ("size", [1.0] * n),
        ("status", [1] * n),
    ]:
        records[name] = np.array(list(values), dtype=records[name].dtype)
    close = pd.Series(value, index=index, name="x")
    wrapper = vbt.ArrayWrapper.from_obj(close.to_frame(), freq=freq)
    t = ExitTrades(wrapper, records, close=close.to_frame())
    one = lambda x: float(np.asarray(x).ravel()[0])  # noqa: E731
    return {
        "total_return": r.total(),
        "cagr": r.annualized(),
        "volatility": r.annualized_volatility(),
        "sharpe": r.sharpe_ratio(),
        "sortino": r.sortino_ratio(),
        "downside_deviation": r.downside_risk(),
        "max_drawdown": r.max_drawdown(),
        "calmar": r.calmar_ratio(),
        "ulcer": r.ulcer_index(),
        "martin": r.martin_ratio(),
        "omega": r.omega_ratio(),
        "tail_ratio": r.tail_ratio(),
        "var95": r.value_at_risk(),
        "cvar95": r.cond_value_at_risk(),
        "win_rate": one(t.win_rate()),
        "profit_factor": one(t.profit_factor()),
        "expectancy": one(t.expectancy()),
        "sqn": one(t.sqn()),
    }


def backtesting_py(run):
    index = pd.to_datetime(run["open_ms"], unit="ms")
    equity = np.array(run["equity"], dtype=float)
    t = run["trades"]
    entry = np.array(t["entry_bar"], dtype=int)
    leave = np.array(t["exit_bar"], dtype=int)
    trades = pd.DataFrame(
        {
            "EntryBar": entry,
            "ExitBar": leave,
            "PnL": np.array(t["pnl"], dtype=float),
            "ReturnPct": np.array(t["return_frac"], dtype=float),
            "Duration": index[leave] - index[entry],
        }
    )
    prices = pd.DataFrame({c: equity for c in ("Open", "High", "Low", "Close")}, index=index)

    class Nothing:
        _indicators = ()

    s = bt.compute_stats(trades, equity, prices, Nothing())
    percent = lambda name: s[name] / 100  # noqa: E731
    return {
        "total_return": percent("Return [%]"),
        "cagr": percent("CAGR [%]"),
        "annual_return": percent("Return (Ann.) [%]"),
        "volatility": percent("Volatility (Ann.) [%]"),
        "sharpe": s["Sharpe Ratio"],
        "sortino": s["Sortino Ratio"],
        "max_drawdown": percent("Max. Drawdown [%]"),
        "calmar": s["Calmar Ratio"],
        "win_rate": percent("Win Rate [%]"),
        "profit_factor": s["Profit Factor"],
        "expectancy": percent("Expectancy [%]"),
        "sqn": s["SQN"],
        "kelly": s["Kelly Criterion"],
        "exposure": percent("Exposure Time [%]"),
    }


def plain(x):
    x = float(x)
    return None if math.isnan(x) else (("inf" if x > 0 else "-inf") if math.isinf(x) else x)


def figures(run):
    by = {"empyrical": empyrical, "quantstats": quantstats, "vectorbt": vectorbt, "backtesting.py": backtesting_py}
    return {name: {k: plain(v) for k, v in f(run).items()} for name, f in by.items()}


def seeded(name, seed, open_ms, bar_ms, days_per_year, trades, edge=0.0, move=0.004):
    """A random account: it moves while a trade is open and stands still between."""
    rng = np.random.default_rng(seed)
    n = len(open_ms)
    entry = np.sort(rng.choice(np.arange(n - 2), size=trades, replace=False)) if trades else np.array([], dtype=int)
    leave = np.minimum(entry + rng.integers(1, max(2, n // 40), size=trades), n - 1)
    leave = np.minimum(leave, np.append(entry[1:], n - 1)) if trades else entry
    r = np.zeros(n)
    pnl, returns = [], []
    for a, b in zip(entry, leave):
        r[a : b + 1] = edge + move * rng.standard_normal(b + 1 - a)
    equity = 10_000.0 * np.cumprod(1.0 + r)
    for a, b in zip(entry, leave):
        before = 10_000.0 if a == 0 else equity[a - 1]
        pnl.append(float(equity[b] - before))
        returns.append(float((equity[b] - before) / (0.2 * before)))
    return {
        "name": name,
        "open_ms": [int(t) for t in open_ms],
        "close_ms": [int(t) + bar_ms for t in open_ms],
        "equity": [float(e) for e in equity],
        "start_equity": 10_000.0,
        "bar_ms": bar_ms,
        "days_per_year": days_per_year,
        "trades": {
            "pnl": pnl,
            "return_frac": returns,
            "entry_bar": [int(b) for b in entry],
            "exit_bar": [int(b) for b in leave],
        },
    }


def cases():
    hour, five = 3_600_000, 300_000
    start = 1_672_902_000_000  # 2023-01-05 07:00
    gappy = start + hour * np.r_[np.arange(400), np.arange(470, 1500)]
    weekdays = np.array([DAY * d for d in range(19_000, 19_500) if (d + 3) % 7 < 5])
    monday = (19_000 - (19_000 + 3) % 7) * DAY
    flat = seeded("never traded", 4, start + hour * np.arange(300), hour, 365.0, 0)
    winner = seeded("only gains", 5, start + five * np.arange(1200), five, 365.0, 9)
    winner["trades"]["pnl"] = [abs(x) for x in winner["trades"]["pnl"]]
    winner["trades"]["return_frac"] = [abs(x) for x in winner["trades"]["return_frac"]]
    equity = np.maximum.accumulate(np.array(winner["equity"]))
    winner["equity"] = [float(e) for e in equity]
    loser = seeded("a loss at once", 6, start + hour * np.arange(500), hour, 365.0, 40, edge=-0.001)
    loser["equity"] = [0.98 * e for e in loser["equity"]]
    return [
        seeded("hourly with a gap", 1, gappy, hour, 365.0, 60),
        seeded("daily sessions", 2, weekdays, DAY, 252.0, 30, edge=0.001, move=0.01),
        seeded("weekly", 3, monday + 7 * DAY * np.arange(80), 7 * DAY, 365.0, 12, move=0.03),
        flat,
        winner,
        loser,
    ]


def of_run(folder):
    """The bars and closed trades of a run folder."""
    equity = pl.read_parquet(os.path.join(folder, "equity.parquet"))
    trades = pl.read_parquet(os.path.join(folder, "trades.parquet")).filter(~pl.col("shadow"))
    summary = json.load(open(os.path.join(folder, "summary.json")))
    close = equity["close_time"].dt.epoch("ms").to_list()
    with open(os.path.join(folder, "scenario.toml"), "rb") as f:
        days = float(tomllib.load(f)["data"]["days_per_year"])
    bar_ms = int(round(days * DAY / summary["bars_per_year"]))
    first = summary["data"]["warmup_bars"]
    return {
        "name": folder,
        "open_ms": [int(t) - bar_ms for t in close],
        "close_ms": [int(t) for t in close],
        "equity": equity["equity"].to_list(),
        "start_equity": summary["start_equity"],
        "bar_ms": bar_ms,
        "days_per_year": days,
        "trades": {
            "pnl": trades["pnl"].to_list(),
            "return_frac": (trades["return_percent"] / 100).to_list(),
            "entry_bar": [b - first for b in trades["entry_bar"].to_list()],
            "exit_bar": [b - first for b in trades["exit_bar"].to_list()],
        },
    }


def main():
    versions = {}
    for line in open(os.path.join(os.path.dirname(__file__), "requirements.txt")):
        name, version = line.strip().split("==")
        versions[name] = version
    if len(sys.argv) > 2:
        runs = [{"name": r, "figures": figures(of_run(r))} for r in sys.argv[2:]]
        json.dump({"runs": runs}, open(sys.argv[1], "w"), indent=1)
        return
    wanted = ["empyrical-reloaded", "quantstats", "vectorbt", "backtesting", "numpy", "pandas"]
    document = {
        "made_by": "tests/reference/dialects.py",
        "versions": {k: versions[k] for k in wanted},
        "cases": [{**c, "figures": figures(c)} for c in cases()],
    }
    path = os.path.join(os.path.dirname(__file__), "golden", "dialects.json")
    with open(path, "w") as f:
        f.write(json.dumps(document, separators=(",", ":")) + "\n")
    print(path, os.path.getsize(path), "bytes")


main()
