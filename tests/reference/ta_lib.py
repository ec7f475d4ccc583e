"""Golden columns of TA-Lib.

    python -m venv venv && venv/bin/pip install -r tests/reference/requirements.txt
    venv/bin/python tests/reference/ta_lib.py                  the committed files in golden/talib
    venv/bin/python tests/reference/ta_lib.py OUT FILE.csv...  the same columns over real bars
"""

import sys

import numpy as np
import series
import talib as ta

TABLE = {
    "sma:20": lambda b: ta.SMA(b["close"], 20),
    "ema:20": lambda b: ta.EMA(b["close"], 20),
    "rsi:14": lambda b: ta.RSI(b["close"], 14),
    "atr:14": lambda b: ta.ATR(b["high"], b["low"], b["close"], 14),
    "true_range": lambda b: ta.TRANGE(b["high"], b["low"], b["close"]),
}

if __name__ == "__main__":
    made_by = f"TA-Lib {ta.__version__} (C {ta.__ta_version__.decode()}), numpy {np.__version__}"
    series.main("talib", TABLE, made_by, sys.argv[1:])
