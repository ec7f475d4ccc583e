"""Trades and equity by backtesting.py: what orders must come to where the rules are the same.

    venv/bin/python tests/reference/backtesting_fills.py                  the committed file golden/orders.json, of seeded bars
    venv/bin/python tests/reference/backtesting_fills.py OUT FILE.csv...  the same cases over real bars

Packages and versions: requirements.txt. Orders are sent at the close of a bar.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import series

warnings.filterwarnings("ignore")
from backtesting import Backtest, Strategy  # noqa: E402


def rising(rng, n, every):
    """Bars some way apart, away from the ends."""
    out, i = [], int(rng.integers(3, every))
    while i < n - 5:
        out.append(i)
        i += int(rng.integers(2, every))
    return out


def brackets(b, rng, units):
    """In at the market with stop and target, out at the market after some bars."""
    for k, i in enumerate(rising(rng, len(b["close"]), 25)):
        if k % 3 == 2:
            yield {"bar": i, "type": "close"}
            continue
        side, c = (1 if rng.random() < 0.5 else -1), float(b["close"][i])
        yield {"bar": i, "type": "close"}
        yield {
            "bar": i,
            "type": "market",
            "side": side,
            "units": units,
            "stop": c * (1 - side * float(rng.uniform(0.005, 0.03))),
            "target": c * (1 + side * float(rng.uniform(0.005, 0.05))),
        }


def reversing(b, rng, units):
    """Always more or less than before, over zero and back."""
    for i in rising(rng, len(b["close"]), 20):
        yield {"bar": i, "type": "market", "side": 1 if rng.random() < 0.5 else -1, "units": int(rng.integers(1, units))}


def resting(b, rng, units):
    """Limits and stops that wait, one at a time, and a close."""
    for k, i in enumerate(rising(rng, len(b["close"]), 25)):
        side, c = (1 if rng.random() < 0.5 else -1), float(b["close"][i])
        yield {"bar": i, "type": "close"}
        if k % 2:
            yield {"bar": i, "type": "limit", "side": side, "units": units, "price": c * (1 - side * float(rng.uniform(0.001, 0.01)))}
        else:
            yield {"bar": i, "type": "stop", "side": side, "units": units, "price": c * (1 + side * float(rng.uniform(0.001, 0.01)))}


def run(b, orders, cash, commission, margin):
    by_bar = {}
    for o in orders:
        by_bar.setdefault(o["bar"], []).append(o)

    class Sends(Strategy):
        def init(self):
            pass

        def next(self):
            for o in by_bar.get(len(self.data) - 1, []):
                if o["type"] == "close":
                    for waiting in list(self.orders):
                        if not waiting.is_contingent:
                            waiting.cancel()
                    self.position.close()
                    continue
                send = self.buy if o["side"] > 0 else self.sell
                send(
                    size=o["units"],
                    sl=o.get("stop"),
                    tp=o.get("target"),
                    limit=o.get("price") if o["type"] == "limit" else None,
                    stop=o.get("price") if o["type"] == "stop" else None,
                )

    frame = pd.DataFrame(
        {k.capitalize(): b[k] for k in ["open", "high", "low", "close", "volume"]},
        index=pd.to_datetime(b["open_time"], unit="ms"),
    )
    stats = Backtest(frame, Sends, cash=cash, commission=commission, margin=margin, finalize_trades=False).run()
    t = stats["_trades"]
    return {
        "equity": [float(x) for x in stats["_equity_curve"]["Equity"]],
        "trades": [
            [int(r.EntryBar), int(r.ExitBar), int(r.Size), float(r.EntryPrice), float(r.ExitPrice), float(r.PnL)]
            for r in t.itertuples()
        ],
    }


def document(name, b, seed):
    # Prices of thousands, and a margin of a tenth: never more than the account can bear.
    cash = 1e6 * float(np.max(b["close"])) / 100.0
    for k, (case, make) in enumerate(
        [("brackets at the market", brackets), ("over zero and back", reversing), ("limits and stops", resting)]
    ):
        for commission, margin in [(0.0, 1.0), (0.0007, 0.1)]:
            orders = list(make(b, np.random.default_rng(seed + k), 400))
            yield {
                "bars": name,
                "case": f"{case}, commission {commission}, margin {margin}",
                "cash": cash,
                "fee_bps": commission * 1e4,
                "leverage": 1.0 / margin,
                "orders": orders,
                "backtesting.py": run(b, orders, cash, commission, margin),
            }


def plain(b):
    return {k: [int(x) if k == "open_time" else float(x) for x in v] for k, v in b.items()}


def main():
    if len(sys.argv) > 2:
        sets = {Path(f).name: series.read_bars(f, 20_000) for f in sys.argv[2:]}
        out = Path(sys.argv[1])
    else:
        sets = {
            "crypto": series.walk(41, 900, 30_000.0, 0.006, 0.01),
            "gaps": series.walk(42, 700, 100.0, 0.008, 0.01, gap=0.006),
        }
        out = Path(__file__).parent / "golden" / "orders.json"
    runs = [r for seed, (name, b) in enumerate(sets.items()) for r in document(name, b, 700 + 100 * seed)]
    text = {"bars": {k: plain(b) for k, b in sets.items()}, "runs": runs}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(text, separators=(",", ":")) + "\n")
    print(out, len(runs), "runs,", sum(len(r["backtesting.py"]["trades"]) for r in runs), "trades")


main()
