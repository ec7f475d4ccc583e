"""Golden candlestick patterns of TA-Lib, which must agree exactly.

    venv/bin/python tests/reference/candles.py                  the committed files in golden/candles
    venv/bin/python tests/reference/candles.py OUT FILE.csv...  the same columns over real bars

TA-Lib writes 0 where it cannot know yet; here that is NaN.
"""

import sys

import numpy as np
import series
import talib as ta
from talib import abstract

NAMES = {
    "doji": "CDLDOJI",
    "dragonfly_doji": "CDLDRAGONFLYDOJI",
    "gravestone_doji": "CDLGRAVESTONEDOJI",
    "marubozu": "CDLMARUBOZU",
    "spinning_top": "CDLSPINNINGTOP",
    "hammer": "CDLHAMMER",
    "hanging_man": "CDLHANGINGMAN",
    "inverted_hammer": "CDLINVERTEDHAMMER",
    "shooting_star": "CDLSHOOTINGSTAR",
    "engulfing": "CDLENGULFING",
    "harami": "CDLHARAMI",
    "morning_star": "CDLMORNINGSTAR",
    "evening_star": "CDLEVENINGSTAR",
    "piercing": "CDLPIERCING",
    "dark_cloud_cover": "CDLDARKCLOUDCOVER",
    "three_white_soldiers": "CDL3WHITESOLDIERS",
    "three_black_crows": "CDL3BLACKCROWS",
}


def pattern(name):
    lookback = abstract.Function(name).lookback

    def column(b):
        out = getattr(ta, name)(b["open"], b["high"], b["low"], b["close"]).astype(np.float64)
        out[:lookback] = np.nan
        return out

    return column


TABLE = {f"cdl_{name}": pattern(talib) for name, talib in NAMES.items()}


def many():
    """Long walks on coarse ticks, where bodies and shadows are often equal, and with gaps, which stars need."""
    return {
        "coarse": series.walk(11, 3000, 100.0, 0.01, 0.25, gap=0.003),
        "gapping": series.walk(12, 3000, 50.0, 0.012, 0.05, gap=0.012),
        "running": series.walk(14, 5000, 500.0, 0.004, 0.05, gap=0.003, wick=0.1, persistence=0.8),
        "fine": series.walk(13, 3000, 1000.0, 0.01, 0.01, gap=0.008),
    }


if __name__ == "__main__":
    made_by = f"TA-Lib {ta.__version__} (C {ta.__ta_version__.decode()}), numpy {np.__version__}"
    series.main("candles", TABLE, made_by, sys.argv[1:], many())
