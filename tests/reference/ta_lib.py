"""Golden columns of TA-Lib.

    python -m venv venv && venv/bin/pip install -r tests/reference/requirements.txt
    venv/bin/python tests/reference/ta_lib.py                  the committed files in golden/talib
    venv/bin/python tests/reference/ta_lib.py OUT FILE.csv...  the same columns over real bars
"""

import sys
from fractions import Fraction

import numpy as np
import series
import talib as ta



def hlc(b):
    return b["high"], b["low"], b["close"]


def variance(b, window):
    """TA-Lib takes the mean of squares less the squared mean, which at a level of 1e8 has no digit left: two exact passes."""
    x = b["close"]
    out = np.full(len(x), np.nan)
    for i in range(window - 1, len(x)):
        rows = [Fraction(v) for v in x[i + 1 - window : i + 1]]
        mean = sum(rows) / window
        out[i] = float(sum((v - mean) ** 2 for v in rows) / window)
    return out


def deviation(b, window):
    return np.sqrt(variance(b, window))


def slope(b, window):
    """Its sums of products lose as many digits as the price has more than the slope: extended precision, from the last row."""
    out = np.full(len(b["close"]), np.nan)
    if window <= len(out):
        x = np.lib.stride_tricks.sliding_window_view(b["close"], window).astype(np.longdouble)
        places = np.arange(window, dtype=np.longdouble) - np.longdouble(window - 1) / 2
        out[window - 1 :] = ((x - x[:, -1:]) * places).sum(axis=1) / (places * places).sum()
    return out


def cci(b, window):
    """The typical price alone is rounded by more than 1e-9 of its deviations: exact arithmetic."""
    typical = [(Fraction(h) + Fraction(l) + Fraction(c)) / 3 for h, l, c in zip(*hlc(b))]
    out = np.full(len(typical), np.nan)
    for i in range(window - 1, len(typical)):
        rows = typical[i + 1 - window : i + 1]
        mean = sum(rows) / window
        deviation = sum(abs(v - mean) for v in rows) / window
        out[i] = float((rows[-1] - mean) / (Fraction(3, 200) * deviation)) if deviation else 0.0
    return out


def bollinger(b, window, width):
    return ta.SMA(b["close"], window) + width * deviation(b, window)


TABLE = {}


def add(name, sets, function, exact=None, loses=lambda b: b["close"][0] > 1e7):
    """One column for each set of parameters; `exact` stands in where TA-Lib loses digits, at a level of 1e8 say."""
    for p in sets:
        spec = f"{name}:{','.join(str(v) for v in p)}" if p else name
        TABLE[spec] = lambda b, p=p: (exact if exact and loses(b) else function)(b, *p)


def one(function):
    return lambda b, *p: function(b["close"], *p)


for name, function, windows in [
    ("sma", ta.SMA, (20, 3, 2, 50)),
    ("ema", ta.EMA, (20, 2, 55)),
    ("wma", ta.WMA, (30, 2, 9)),
    ("dema", ta.DEMA, (30, 5)),
    ("tema", ta.TEMA, (30, 4)),
    ("kama", ta.KAMA, (30, 10)),
    ("rsi", ta.RSI, (14, 2, 21)),
    ("cmo", ta.CMO, (14, 5)),
    ("momentum", ta.MOM, (10, 1)),
    ("roc", ta.ROC, (10, 1)),
    ("linreg", ta.LINEARREG, (14, 5, 60)),
    ("linreg_intercept", ta.LINEARREG_INTERCEPT, (14, 5)),
]:
    add(name, [(w,) for w in windows], one(function))

# TA-Lib's own is within 3e-9 of it on bars of BTCUSDT, and within 2e-9 on those of a currency pair.
add("linreg_slope", [(14,), (5,), (60,)], slope)
add("std", [(20,), (5,), (2,)], lambda b, w: ta.STDDEV(b["close"], w, 1.0), deviation)
add("variance", [(20,), (5,)], lambda b, w: ta.VAR(b["close"], w, 1.0), variance)
for k, (name, sign) in enumerate([("upper", 1.0), ("middle", 0.0), ("lower", -1.0)]):
    sets = [(20,)] if sign == 0.0 else [(20, 2), (5, 1.5)]
    add(
        f"bollinger_{name}",
        sets,
        lambda b, w, d=2, k=k: ta.BBANDS(b["close"], w, float(d), float(d))[k],
        lambda b, w, d=2, sign=sign: bollinger(b, w, sign * d),
    )

MACD = [(12, 26, 9), (3, 10, 4)]
add("macd", [(12, 26), (3, 10)], lambda b, f, s: ta.MACD(b["close"], f, s, 1)[0])
add("macd_signal", MACD, lambda b, *p: ta.MACD(b["close"], *p)[1])
add("macd_histogram", MACD, lambda b, *p: ta.MACD(b["close"], *p)[2])
add("stoch_k", [(5, 3), (14, 1)], lambda b, w, s: ta.STOCH(*hlc(b), w, s, 0, 1, 0)[0])
add("stoch_d", [(5, 3, 3), (14, 1, 3)], lambda b, w, s, d: ta.STOCH(*hlc(b), w, s, 0, d, 0)[1])
add("stoch_rsi_k", [(14, 5), (14, 14)], lambda b, w, k: ta.STOCHRSI(b["close"], w, k, 1, 0)[0])
add("stoch_rsi_d", [(14, 5, 3)], lambda b, w, k, d: ta.STOCHRSI(b["close"], w, k, d, 0)[1])
add("williams_r", [(14,), (3,)], lambda b, w: ta.WILLR(*hlc(b), w))
add("cci", [(20,), (5,), (14,)], lambda b, w: ta.CCI(*hlc(b), w), cci)
add("true_range", [()], lambda b: ta.TRANGE(*hlc(b)))
add("atr", [(14,), (5,)], lambda b, w: ta.ATR(*hlc(b), w))
add("natr", [(14,)], lambda b, w: ta.NATR(*hlc(b), w))
for name, function in [("adx", ta.ADX), ("plus_di", ta.PLUS_DI), ("minus_di", ta.MINUS_DI), ("dx", ta.DX)]:
    add(name, [(14,), (5,)], lambda b, w, function=function: function(*hlc(b), w))
add("aroon_up", [(14,), (5,)], lambda b, w: ta.AROON(b["high"], b["low"], w)[1])
add("aroon_down", [(14,), (5,)], lambda b, w: ta.AROON(b["high"], b["low"], w)[0])
add("aroon_oscillator", [(14,)], lambda b, w: ta.AROONOSC(b["high"], b["low"], w))
add("psar", [(0.02, 0.2), (0.05, 0.1)], lambda b, step, most: ta.SAR(b["high"], b["low"], step, most))
add("highest", [(20,), (3,), (64,)], lambda b, w: ta.MAX(b["high"], w))
add("lowest", [(20,), (3,), (64,)], lambda b, w: ta.MIN(b["low"], w))
add("obv", [()], lambda b: ta.OBV(b["close"], b["volume"]))
add("mfi", [(14,), (5,)], lambda b, w: ta.MFI(*hlc(b), b["volume"], w))
add("ad_line", [()], lambda b: ta.AD(*hlc(b), b["volume"]))
add("ad_oscillator", [(3, 10)], lambda b, f, s: ta.ADOSC(*hlc(b), b["volume"], f, s))

if __name__ == "__main__":
    made_by = f"TA-Lib {ta.__version__} (C {ta.__ta_version__.decode()}), numpy {np.__version__}"
    series.main("talib", TABLE, made_by, sys.argv[1:])
