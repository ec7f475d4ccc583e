"""Golden columns of what TA-Lib has not, straight from the published formulas, a window at a time.

    venv/bin/python tests/reference/formulas.py                  the committed files in golden/formulas
    venv/bin/python tests/reference/formulas.py OUT FILE.csv...  the same columns over real bars

Written for being read, not for speed: nothing here is shared with the program that is tested.
"""

import math
import sys
from fractions import Fraction

import numpy as np
import series

NAN = float("nan")


def rolling(n, first, function):
    """`function(i)` of every row from `first` on."""
    return np.array([function(i) if i >= first else NAN for i in range(n)])


def true_range(b):
    h, l, c = b["high"], b["low"], b["close"]
    return [NAN] + [max(h[i] - l[i], abs(h[i] - c[i - 1]), abs(l[i] - c[i - 1])) for i in range(1, len(c))]


def mean_from(x, n, alpha):
    """Exponential mean seeded with the simple mean of the first n numbers."""
    out = [NAN] * len(x)
    start = next((i for i, v in enumerate(x) if not math.isnan(v)), len(x))
    if start + n <= len(x):
        out[start + n - 1] = m = math.fsum(x[start : start + n]) / n
        for i in range(start + n, len(x)):
            out[i] = m = m + alpha * (x[i] - m)
    return out


def ema(x, n):
    return mean_from(x, n, 2.0 / (n + 1.0))


def wma(x, n):
    total = n * (n + 1) / 2
    return rolling(len(x), n - 1, lambda i: math.fsum((k + 1) * x[i - n + 1 + k] for k in range(n)) / total)


def hma(b, n):
    c = b["close"]
    return wma(2 * wma(c, n // 2) - wma(c, n), math.isqrt(n))


def tsi(b, n, m):
    c = b["close"]
    change = [NAN] + [c[i] - c[i - 1] for i in range(1, len(c))]
    net = ema(ema(change, n), m)
    size = ema(ema([abs(v) for v in change], n), m)
    return [NAN if math.isnan(a) else 100 * a / s if s else 0.0 for a, s in zip(net, size)]


def supertrend(b, n, k):
    h, l, c = b["high"], b["low"], b["close"]
    atr = mean_from(true_range(b), n, 1.0 / n)
    line, side = [NAN] * len(c), [NAN] * len(c)
    upper = lower = direction = None
    for i in range(len(c)):
        if math.isnan(atr[i]):
            continue
        mid = (h[i] + l[i]) / 2
        u, d = mid + k * atr[i], mid - k * atr[i]
        if direction is None:
            upper, lower, direction = u, d, 1 if c[i] >= mid else -1
        else:
            upper = u if u < upper or c[i - 1] > upper else upper
            lower = d if d > lower or c[i - 1] < lower else lower
            if direction == 1 and c[i] < lower:
                direction = -1
            elif direction == -1 and c[i] > upper:
                direction = 1
        line[i], side[i] = (lower if direction == 1 else upper), direction
    return line, side


def middle(b, n):
    return rolling(len(b["high"]), n - 1, lambda i: (max(b["high"][i - n + 1 : i + 1]) + min(b["low"][i - n + 1 : i + 1])) / 2)


def shifted(x, n):
    return np.concatenate([np.full(min(n, len(x)), NAN), x[: max(len(x) - n, 0)]])


def sma(x, n):
    return rolling(len(x), n - 1, lambda i: math.fsum(x[i - n + 1 : i + 1]) / n)


def deviation(x, n):
    def at(i):
        rows = x[i - n + 1 : i + 1]
        mean = math.fsum(rows) / n
        return math.sqrt(math.fsum((v - mean) ** 2 for v in rows) / n)

    return rolling(len(x), n - 1, at)


def keltner(b, n, a, k):
    return np.array(ema(b["close"], n)) + k * np.array(mean_from(true_range(b), a, 1.0 / a))


def bandwidth(b, n, k):
    return 2 * k * deviation(b["close"], n) / sma(b["close"], n)


def zscore(x, n):
    def at(i):
        # Relative to the latest: at a level of 1e8 the mean alone is rounded by 1e-8.
        rows = [Fraction(v) - Fraction(x[i]) for v in x[i - n + 1 : i + 1]]
        mean = sum(rows) / n
        variance = sum((v - mean) ** 2 for v in rows) / n
        return float(-mean) / math.sqrt(variance) if variance else 0.0

    return rolling(len(x), n - 1, at)


def percent_b(b, n, k):
    return 0.5 + zscore(b["close"], n) / (2 * k)


def choppiness(b, n):
    tr = true_range(b)

    def at(i):
        span = max(b["high"][i - n + 1 : i + 1]) - min(b["low"][i - n + 1 : i + 1])
        return 100.0 if span == 0 else 100 * math.log10(math.fsum(tr[i - n + 1 : i + 1]) / span) / math.log10(n)

    return rolling(len(tr), n, at)


def efficiency(b, n):
    c = b["close"]

    def at(i):
        path = math.fsum(abs(c[k] - c[k - 1]) for k in range(i - n + 1, i + 1))
        return abs(c[i] - c[i - n]) / path if path else 0.0

    return rolling(len(c), n, at)


def hurst(b, n):
    r = np.diff(np.log(b["close"]), prepend=NAN)

    def at(i):
        rows, points, size = r[i - n + 1 : i + 1], [], 8
        while size <= n:
            found = []
            for end in range(n, size - 1, -size):
                part = rows[end - size : end]
                walk = np.concatenate([[0.0], np.cumsum(part - part.mean())])
                if part.std() > 1e-14:
                    found.append((walk.max() - walk.min()) / part.std())
            if found:
                points.append((math.log(size), math.log(np.mean(found))))
            size *= 2
        return np.polyfit(*zip(*points), 1)[0] if len(points) >= 2 else 0.5

    return rolling(len(r), n, at)


def variance_ratio(b, n, q):
    p = np.log(b["close"])

    def at(i):
        rows = p[i - n : i + 1]
        r = np.diff(rows)
        if r.std() == 0:
            return 1.0
        mu = (rows[-1] - rows[0]) / n
        one = math.fsum((r - mu) ** 2) / (n - 1)
        m = q * (n - q + 1) * (1 - q / n)
        return math.fsum((rows[q:] - rows[:-q] - q * mu) ** 2) / m / one

    return rolling(len(p), n, at)


def inside(b):
    return [np.log(b[k] / b["open"]) for k in ("high", "low", "close")]


def root_mean(x, n):
    return np.sqrt(np.maximum(sma(x, n), 0.0))


def parkinson(b, n):
    return root_mean(np.log(b["high"] / b["low"]) ** 2 / (4 * math.log(2)), n)


def garman_klass(b, n):
    h, l, c = inside(b)
    return root_mean(0.5 * (h - l) ** 2 - (2 * math.log(2) - 1) * c**2, n)


def rogers_satchell(b, n):
    h, l, c = inside(b)
    return root_mean(h * (h - c) + l * (l - c), n)


def yang_zhang(b, n):
    h, l, c = inside(b)
    gap = np.concatenate([[NAN], np.log(b["open"][1:] / b["close"][:-1])])
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    rs = h * (h - c) + l * (l - c)

    def at(i):
        part = slice(i - n + 1, i + 1)
        return math.sqrt(max(0.0, np.var(gap[part], ddof=1) + k * np.var(c[part], ddof=1) + (1 - k) * rs[part].mean()))

    return rolling(len(c), n, at)


def corwin_schultz(b, n):
    h, l, c = b["high"], b["low"], b["close"]
    s = [NAN]
    for i in range(1, len(c)):
        gap = min(h[i] - c[i - 1], 0.0) + max(l[i] - c[i - 1], 0.0)
        hi, lo = h[i] - gap, l[i] - gap
        beta = math.log(hi / lo) ** 2 + math.log(h[i - 1] / l[i - 1]) ** 2
        gamma = math.log(max(hi, h[i - 1]) / min(lo, l[i - 1])) ** 2
        k = 3 - 2 * math.sqrt(2)
        alpha = (math.sqrt(2 * beta) - math.sqrt(beta)) / k - math.sqrt(gamma / k)
        s.append(max(0.0, 2 * (math.exp(alpha) - 1) / (1 + math.exp(alpha))))
    return rolling(len(c), n, lambda i: math.fsum(s[i - n + 1 : i + 1]) / n)


def abdi_ranaldo(b, n):
    c = np.log(b["close"])
    eta = (np.log(b["high"]) + np.log(b["low"])) / 2
    x = np.concatenate([[NAN], 4 * (c[:-1] - eta[:-1]) * (c[:-1] - eta[1:])])
    return rolling(len(c), n, lambda i: math.sqrt(max(0.0, math.fsum(x[i - n + 1 : i + 1]) / n)))


def flow(b):
    h, l, c = b["high"], b["low"], b["close"]
    return np.where(h > l, ((c - l) - (h - c)) / np.where(h > l, h - l, 1.0) * b["volume"], 0.0)


def cmf(b, n):
    return sma(flow(b), n) / sma(b["volume"], n)


def typical(b):
    return (b["high"] + b["low"] + b["close"]) / 3


def vwap(b, n):
    return sma(typical(b) * b["volume"], n) / sma(b["volume"], n)


def vwap_session(b):
    day, t, v = b["open_time"] // 86_400_000, typical(b), b["volume"]
    first = lambda i: next(k for k in range(i + 1) if day[k] == day[i])
    return [math.fsum((t * v)[first(i) : i + 1]) / math.fsum(v[first(i) : i + 1]) for i in range(len(t))]


def pivot(x, k, beyond):
    out, last = [], NAN
    for t in range(len(x)):
        i = t - k
        if i >= k and all(beyond(x[i], x[j]) for j in range(i - k, t + 1) if j != i):
            last = x[i]
        out.append(last)
    return out


def r_squared(b, n):
    c = b["close"]

    def at(i):
        rows = c[i - n + 1 : i + 1] - c[i]
        return 0.0 if rows.std() == 0 else np.corrcoef(np.arange(n), rows)[0, 1] ** 2

    return rolling(len(c), n - 1, at)


def close(function):
    return lambda b, *p: function(b["close"], *p)


def quantile(x, n, q):
    return rolling(len(x), n - 1, lambda i: np.quantile(x[i - n + 1 : i + 1], q))


def rank(x, n):
    return rolling(len(x), n - 1, lambda i: np.mean(x[i - n + 1 : i + 1] <= x[i]))


TABLE = {}
for name, sets, function in [
    ("hma", [(16,), (9,)], hma),
    ("tsi", [(25, 13), (5, 3)], tsi),
    ("supertrend", [(10, 3), (7, 1.5)], lambda b, n, k: supertrend(b, n, k)[0]),
    ("supertrend_direction", [(10, 3), (7, 1.5)], lambda b, n, k: supertrend(b, n, k)[1]),
    ("ichimoku_tenkan", [(9,)], middle),
    ("ichimoku_kijun", [(26,)], middle),
    ("ichimoku_senkou_a", [(9, 26)], lambda b, t, k: shifted((middle(b, t) + middle(b, k)) / 2, k)),
    ("ichimoku_senkou_b", [(52, 26)], lambda b, n, k: shifted(middle(b, n), k)),
    ("donchian_middle", [(20,)], middle),
    ("keltner_upper", [(20, 10, 2)], keltner),
    ("keltner_lower", [(20, 10, 2)], lambda b, n, a, k: keltner(b, n, a, -k)),
    ("bollinger_bandwidth", [(20, 2)], bandwidth),
    ("bollinger_percent_b", [(20, 2), (5, 1)], percent_b),
    ("choppiness", [(14,), (5,)], choppiness),
    ("efficiency_ratio", [(10,), (30,)], efficiency),
    ("hurst", [(128,), (50,)], hurst),
    ("variance_ratio", [(100, 5), (30, 2)], variance_ratio),
    ("parkinson", [(20,)], parkinson),
    ("garman_klass", [(20,)], garman_klass),
    ("rogers_satchell", [(20,)], rogers_satchell),
    ("yang_zhang", [(20,), (5,)], yang_zhang),
    ("corwin_schultz", [(20,), (1,)], corwin_schultz),
    ("abdi_ranaldo", [(20,)], abdi_ranaldo),
    ("cmf", [(20,)], cmf),
    ("vwap", [(20,)], vwap),
    ("vwap_session", [()], vwap_session),
    ("volume_z", [(20,)], lambda b, n: zscore(b["volume"], n)),
    ("zscore", [(20,), (3,)], close(zscore)),
    ("percent_rank", [(100,), (7,)], close(rank)),
    ("rolling_median", [(20,)], close(lambda x, n: quantile(x, n, 0.5))),
    ("rolling_quantile", [(20, 0.9), (33, 0.05)], close(quantile)),
    ("linreg_r2", [(14,)], r_squared),
    ("pivot_high", [(5,), (2,)], lambda b, k: pivot(b["high"], k, lambda a, c: a > c)),
    ("pivot_low", [(5,), (2,)], lambda b, k: pivot(b["low"], k, lambda a, c: a < c)),
]:
    for p in sets:
        spec = f"{name}:{','.join(str(v) for v in p)}" if p else name
        TABLE[spec] = lambda b, p=p, function=function: function(b, *p)

if __name__ == "__main__":
    made_by = f"formulas in Python {sys.version.split()[0]}, numpy {np.__version__}"
    series.main("formulas", TABLE, made_by, sys.argv[1:], rows=6000)
