"""Sweeps and bootstrap paths: Assay against vectorbt, arch and hand-written, fused, parallel Numba kernels, in one run.

    python3 -m venv peers && peers/bin/pip install -r benches/peers/requirements.txt
    NUMBA_NUM_THREADS=2 peers/bin/python benches/peers/sweep.py --hours BTCUSDT-1h.csv

1,035 pairs of moving averages over 35,000 hourly closes; each bar opens at the close before, so that a share of equity is the same
number of units for all. Long above, flat below, decided at the close, filled at the next open, 10 basis points a fill. Figures are first
compared, on the curve of days (UTC) that Assay measures by, to 1e-9; then everybody is timed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numba as nb
import numpy as np
import polars as pl
from execution import read

ROOT = Path(__file__).resolve().parents[2]
BARS, FEE, CASH = 35_000, 0.001, 10_000.0
WINDOWS = np.arange(5, 231, 5)
HOUR = 3_600_000


def best(run, repeats):
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - start)
    return min(times), result


def averages(close):
    total = np.concatenate([[0.0], np.cumsum(close)])
    out = np.full((len(WINDOWS), len(close)), np.nan)
    for k, n in enumerate(WINDOWS):
        out[k, n - 1 :] = (total[n:] - total[:-n]) / n
    return out


@nb.njit(parallel=True, fastmath=False)
def fused_days(opened, close, means, pairs, windows, last_of_day, fee, cash):
    """Total return, Sharpe ratio and drawdown of days for each pair; a mark only at the last bar of each day."""
    out = np.empty((len(pairs), 3))
    n = len(close)
    for p in nb.prange(len(pairs)):
        fast, slow = means[pairs[p, 0]], means[pairs[p, 1]]
        first = windows[pairs[p, 1]] - 1
        money, units, want = cash, 0.0, False
        before, peak, worst = cash, cash, 0.0
        s, ss, days = 0.0, 0.0, 0
        for i in range(first, n):
            if want != (units > 0.0):
                if want:
                    units = money / (opened[i] * (1.0 + fee))
                    money = 0.0
                else:
                    money = units * opened[i] * (1.0 - fee)
                    units = 0.0
            if fast[i] > slow[i]:
                want = True
            elif fast[i] < slow[i]:
                want = False
            if last_of_day[i]:
                value = money + units * close[i]
                if i == n - 1 and units > 0.0:
                    value -= units * close[i] * fee
                r = value / before - 1.0
                s += r
                ss += r * r
                days += 1
                before = value
                peak = max(peak, value)
                worst = max(worst, 1.0 - value / peak)
        mean = s / days
        sd = np.sqrt(max(ss - days * mean * mean, 0.0) / (days - 1))
        out[p, 0], out[p, 1], out[p, 2] = before / cash - 1.0, mean / sd * np.sqrt(365.0), worst
    return out


@nb.njit(parallel=True, fastmath=False)
def fused_bars(opened, close, means, pairs, windows, fee, cash):
    """The same with a mark at every close: Sharpe ratio and drawdown of bars."""
    out = np.empty((len(pairs), 3))
    n = len(close)
    for p in nb.prange(len(pairs)):
        fast, slow = means[pairs[p, 0]], means[pairs[p, 1]]
        first = windows[pairs[p, 1]] - 1
        money, units, want = cash, 0.0, False
        before, peak, worst = cash, cash, 0.0
        s, ss = 0.0, 0.0
        for i in range(first, n):
            if want != (units > 0.0):
                if want:
                    units = money / (opened[i] * (1.0 + fee))
                    money = 0.0
                else:
                    money = units * opened[i] * (1.0 - fee)
                    units = 0.0
            if fast[i] > slow[i]:
                want = True
            elif fast[i] < slow[i]:
                want = False
            value = money + units * close[i]
            r = value / before - 1.0
            s += r
            ss += r * r
            before = value
            peak = max(peak, value)
            worst = max(worst, 1.0 - value / peak)
        k = n - first
        mean = s / k
        out[p, 0], out[p, 1], out[p, 2] = before / cash - 1.0, mean / np.sqrt((ss - k * mean * mean) / (k - 1)), worst
    return out


@nb.njit(parallel=True)
def fused_bootstrap(returns, paths, p):
    out = np.empty((paths, 2))
    n = len(returns)
    for k in nb.prange(paths):
        at, wealth, peak, worst, s, ss = np.random.randint(n), 1.0, 1.0, 0.0, 0.0, 0.0
        for _ in range(n):
            r = returns[at]
            wealth *= 1.0 + r
            peak = max(peak, wealth)
            worst = max(worst, 1.0 - wealth / peak)
            s += r
            ss += r * r
            at = np.random.randint(n) if np.random.random() < p else (at + 1) % n
        mean = s / n
        out[k, 0], out[k, 1] = mean / np.sqrt(ss / n - mean * mean), worst
    return out


def daily(values, days, first):
    """Figures on the last value of each day from the first bar on."""
    d, v = days[first:], values[first:]
    ends = np.append(np.flatnonzero(d[1:] != d[:-1]), len(d) - 1)
    curve = np.concatenate([[CASH], v[ends]])
    r = curve[1:] / curve[:-1] - 1.0
    peak = np.maximum.accumulate(curve)
    return curve[-1] / CASH - 1.0, r.mean() / r.std(ddof=1) * np.sqrt(365.0), (1.0 - curve / peak).max()


def vectorbt_all(opened, close, means, pairs, days):
    import pandas as pd
    import vectorbt as vbt

    figures, spent = np.empty((len(pairs), 3)), 0.0
    index = pd.date_range("2020-01-01", periods=len(close), freq="h")
    for k in range(0, len(pairs), 45):
        part = pairs[k : k + 45]
        start = time.perf_counter()
        above = means[part[:, 0]].T > means[part[:, 1]].T
        below = means[part[:, 0]].T < means[part[:, 1]].T
        late = lambda x: np.vstack([np.zeros((1, x.shape[1]), bool), x[:-1]])
        pf = vbt.Portfolio.from_signals(
            pd.DataFrame(np.repeat(close[:, None], len(part), 1), index=index),
            entries=late(above), exits=late(below), price=opened[:, None], fees=FEE, init_cash=CASH, freq="1h",
        )
        pf.total_return(), pf.sharpe_ratio(), pf.max_drawdown()
        spent += time.perf_counter() - start
        values = pf.value().to_numpy().copy()
        held = pf.assets().to_numpy()[-1]
        values[-1] -= held * close[-1] * FEE  # what is open at the end is closed there
        for j in range(len(part)):
            figures[k + j] = daily(values[:, j], days, WINDOWS[part[j, 1]] - 1)
    return spent, figures


def assay(folder):
    env = {**os.environ, "ASSAY_PEER": str(folder)}
    done = subprocess.run(
        ["cargo", "bench", "-q", "--bench", "sweep"], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def arch_paths(returns, paths):
    from arch.bootstrap import StationaryBootstrap

    def figures(x):
        wealth = np.cumprod(1.0 + x)
        peak = np.maximum.accumulate(wealth)
        return np.array([x.mean() / x.std(), (1.0 - wealth / peak).max()])

    return best(lambda: StationaryBootstrap(10, returns, seed=1).apply(figures, paths), 1)[0]


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--hours", required=True, help="CSV of hourly bars, at least 35,000")
    bars = read(args.parse_args().hours, False).head(BARS)
    # Quarters of a dollar add up exactly, so that no two programs see different averages where two are equal.
    close = np.round(bars["close"].to_numpy() * 4) / 4
    opened = np.concatenate([close[:1], close[:-1]])
    stamp = np.arange(BARS) * HOUR + 1_577_836_800_000
    days = stamp // 86_400_000
    last_of_day = np.append(days[1:] != days[:-1], True)
    means = averages(close)
    pairs = np.array([(i, j) for i in range(len(WINDOWS)) for j in range(i + 1, len(WINDOWS))])
    work = len(pairs) * BARS
    with tempfile.TemporaryDirectory() as folder:
        frame = {"open_time": stamp, "open": opened, "high": np.maximum(opened, close), "low": np.minimum(opened, close)}
        pl.DataFrame({**frame, "close": close, "volume": np.ones(BARS)}).write_parquet(Path(folder) / "sweep.parquet")
        ours = assay(folder)
    assert [[int(WINDOWS[i]), int(WINDOWS[j])] for i, j in pairs] == ours["pairs"]
    own = np.array(ours["figures"])[:, :3]

    spent, theirs = vectorbt_all(opened, close, means, pairs, days)
    fused, figures = best(lambda: fused_days(opened, close, means, pairs, WINDOWS, last_of_day, FEE, CASH), 5)
    dense, _ = best(lambda: fused_bars(opened, close, means, pairs, WINDOWS, FEE, CASH), 5)
    for name, other in [("vectorbt", theirs), ("Numba", figures)]:
        worst = np.max(np.abs(own - other) / np.maximum(np.abs(other), 1e-3))
        print(f"figures differ from {name}'s by at most {worst:.1e} of themselves")
        assert worst < 1e-9, name
    threads = nb.get_num_threads()
    print(f"\n{len(pairs):,} pairs x {BARS:,} bars: total return, Sharpe ratio and drawdown of days")
    one, two = ours["sweep_s"]
    ns = lambda s: 1e9 * s / work
    print(f"{'program':<46}{'ns a candidate-bar':>20}{'ratio':>10}")
    for name, s in [
        ("Assay, 2 threads", two),
        ("Assay, 1 thread", one),
        ("Assay, 2 threads, all 49 figures and trades", ours["all_s"][1]),
        (f"Numba, fused, {threads} threads, marks at day ends", fused),
        (f"Numba, fused, {threads} threads, marks at every bar", dense),
        ("vectorbt, marks at every bar", spent),
    ]:
        print(f"{name:<46}{ns(s):>20.2f}{s / two:>10.1f}")

    rng = np.random.default_rng(3)
    returns = 0.0003 + 0.01 * rng.standard_normal(10_000)
    paths, some = 10_000, 200
    loop = best(lambda: fused_bootstrap(returns, paths, 0.1), 3)[0] / (paths * 10_000)
    other = arch_paths(returns, some) / (some * 10_000)
    one, two = (s / (paths * 10_000) for s in ours["paths_s"])
    print("\n10,000 stationary-bootstrap paths x 10,000 bars, blocks of 10: Sharpe ratio and drawdown")
    for name, s in [
        ("Assay, 2 threads", two),
        ("Assay, 1 thread", one),
        (f"Numba, fused, {threads} threads", loop),
        (f"arch ({some} paths)", other),
    ]:
        print(f"{name:<46}{1e9 * s:>20.2f}{s / two:>10.1f}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
