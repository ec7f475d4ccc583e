"""Trades and equity by vectorbt: what the replay must agree with where the rules are the same.

    venv/bin/python tests/reference/vectorbt_fills.py                  the committed file golden/fills.json, of seeded bars
    venv/bin/python tests/reference/vectorbt_fills.py OUT FILE.csv...  the same cases over real bars

Packages and versions: requirements.txt. A position is wanted at the close of a bar; null leaves what there is.
"""

import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import series

warnings.filterwarnings("ignore")
import vectorbt as vbt  # noqa: E402

CASH = 10_000.0


def wanted(seed, n, values, every):
    """Another of `values` every few bars, None between."""
    rng = np.random.default_rng(seed)
    out = [None] * n
    i = int(rng.integers(1, every))
    while i < n - 2:
        out[i] = float(rng.choice(values))
        i += int(rng.integers(1, every))
    return out


def alternating(seed, n, size, every):
    """In and out again, so that a stop between the two changes nothing later."""
    rng = np.random.default_rng(seed)
    out = [None] * n
    i, held = int(rng.integers(1, every)), False
    while i < n - 2:
        held = not held
        out[i] = size if held else 0.0
        i += int(rng.integers(2, every))
    return out


def changes(positions):
    """Only what differs from what was wanted before."""
    last, out = 0.0, []
    for p in positions:
        out.append(p if p is not None and p != last else None)
        last = p if p is not None else last
    return np.array([math.nan if p is None else p for p in out])


def orders(b, positions, s):
    size = changes(positions)
    price = b["close"]
    if s["fill"] == "next_open":
        size, price = np.r_[math.nan, size[:-1]], b["open"]
    kind = "targetamount" if s["unit"] == "units" else "targetpercent"
    return vbt.Portfolio.from_orders(
        b["close"],
        size=size,
        size_type=kind,
        price=price,
        fees=s["fee_bps"] / 1e4,
        slippage=s["slippage_bps"] / 1e4,
        init_cash=CASH,
        freq="1h",
    )


def signals(b, positions, s):
    size = changes(positions)
    held = np.nan_to_num(pd.Series(size).ffill().to_numpy(), nan=0.0)
    share = next(p for p in positions if p)
    return vbt.Portfolio.from_signals(
        b["close"],
        entries=(size > 0),
        exits=(size == 0) & (held == 0),
        open=b["open"],
        high=b["high"],
        low=b["low"],
        size=share,
        size_type="amount",
        fees=s["fee_bps"] / 1e4,
        slippage=0.0,
        sl_stop=(s.get("stop_percent") or s["trail_percent"]) / 100,
        sl_trail="trail_percent" in s,
        tp_stop=s["target_percent"] / 100 if "target_percent" in s else None,
        stop_entry_price="fillprice",
        init_cash=CASH,
        freq="1h",
    )


def cases(b, seed):
    n = len(b["close"])
    # Never more than the account can bear: how much that is, is not the same rule in both.
    unit = CASH / float(np.max(b["close"]))
    plain = {"fill": "close", "unit": "equity", "fee_bps": 7.0, "slippage_bps": 3.0}
    amounts = [0.0, 0.2 * unit, -0.2 * unit, 0.35 * unit]
    yield "shares of equity at the close", orders, wanted(seed, n, [0.5, -0.3, 0.8, 0.0, 0.2], 25), plain
    yield "units at the next open", orders, wanted(seed + 1, n, amounts, 25), {
        **plain,
        "fill": "next_open",
        "unit": "units",
    }
    yield "all of the cash, long or flat", orders, wanted(seed + 2, n, [1.0, 0.0], 40), {**plain, "slippage_bps": 0.0}
    for stop, target in [(1.0, 2.0), (0.4, 0.4)]:
        yield f"stop {stop} %, target {target} %", signals, alternating(seed + 3, n, 0.3 * unit, 40), {
            **plain,
            "unit": "units",
            "slippage_bps": 0.0,
            "stop_percent": stop,
            "target_percent": target,
        }
    for trail, target in [(1.5, None), (0.8, 3.0)]:
        also = {} if target is None else {"target_percent": target}
        yield f"trailing stop {trail} %, target {target}", signals, alternating(seed + 4, n, 0.3 * unit, 60), {
            **plain,
            "unit": "units",
            "slippage_bps": 0.0,
            "trail_percent": trail,
            **also,
        }


def shared(sets, seed, s):
    """One account over several columns: what is sold pays for what is bought."""
    n = min(len(b["close"]) for b in sets.values())
    wants = [wanted(seed + k, n, [0.3, 0.1, 0.0, -0.2, 0.25], 20) for k in range(len(sets))]
    size = np.column_stack([changes(w) for w in wants])
    close = pd.DataFrame({k: b["close"][:n] for k, b in sets.items()})
    pf = vbt.Portfolio.from_orders(
        close,
        size=size,
        size_type="targetpercent",
        fees=s["fee_bps"] / 1e4,
        slippage=s["slippage_bps"] / 1e4,
        init_cash=CASH,
        cash_sharing=True,
        group_by=True,
        call_seq="auto",
        freq="1h",
    )
    t = pf.exit_trades.values
    closed = t[t["status"] == 1]
    keys = ["col", "entry_idx", "exit_idx", "size", "entry_price", "exit_price", "pnl"]
    return {
        "bars": list(sets),
        "settings": s,
        "positions": wants,
        "equity": [float(x) for x in pf.value()],
        "trades": [[float(r[k]) for k in keys] for r in closed],
    }


def measured(pf):
    t = pf.exit_trades.values
    closed = t[t["status"] == 1]
    keys = ["entry_idx", "exit_idx", "size", "entry_price", "exit_price", "pnl"]
    return {
        "equity": [float(x) for x in pf.value()],
        "trades": [[int(r[k]) if k.endswith("idx") else float(r[k]) for k in keys] for r in closed],
    }


def document(name, b, seed):
    for case, run, positions, settings in cases(b, seed):
        yield {
            "bars": name,
            "case": case,
            "settings": settings,
            "positions": positions,
            "vectorbt": measured(run(b, positions, settings)),
        }


def series_of_one_clock(sets):
    """Three symbols with the same bars: parts of the longest set, each on the times of the first."""
    name, b = max(sets.items(), key=lambda x: len(x[1]["close"]))
    n = len(b["close"]) // 3
    parts = {}
    for k in range(3):
        part = {c: v[k * n : (k + 1) * n] for c, v in b.items()}
        parts[f"{name} part {k + 1}"] = {**part, "open_time": b["open_time"][:n]}
    return parts


def plain(b):
    return {k: [int(x) if k == "open_time" else float(x) for x in v] for k, v in b.items()}


def main():
    if len(sys.argv) > 2:
        sets = {Path(f).name: series.read_bars(f, 20_000) for f in sys.argv[2:]}
        out = Path(sys.argv[1])
    else:
        sets = {
            "crypto": series.walk(31, 1200, 30_000.0, 0.006, 0.01),
            "gaps": series.walk(32, 700, 100.0, 0.008, 0.01, gap=0.006),
        }
        out = Path(__file__).parent / "golden" / "fills.json"
    runs = [r for seed, (name, b) in enumerate(sets.items()) for r in document(name, b, 100 * seed)]
    together = series_of_one_clock(sets)
    settings = [{"fee_bps": 0.0, "slippage_bps": 0.0}, {"fee_bps": 7.0, "slippage_bps": 3.0}]
    groups = [shared(together, 50 + k, s) for k, s in enumerate(settings)]
    sets = sets | together
    text = {"cash": CASH, "bars": {k: plain(b) for k, b in sets.items()}, "runs": runs, "groups": groups}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(text, separators=(",", ":")) + "\n")
    print(out, len(runs), "runs,", sum(len(r["vectorbt"]["trades"]) for r in runs), "trades")


main()
