"""Inference on Sharpe ratios by jsharpe: what `stats/sharpe_inference` of assay-stats must agree with.

    venv/bin/python tests/reference/sharpe_inference.py      the committed file golden/sharpe_inference.json

A number that is not finite is a text; where the package raises an error, the text is "error: " and its type.
Where the package is known to be wrong, the tests say so: the file holds what it returns. Packages and
versions: requirements.txt.
"""

import json
import math
import pathlib
import warnings
from importlib.metadata import version

import jsharpe.sharpe.corrections as corrections
import jsharpe.sharpe.psr as psr
import numpy as np
import scipy
from jsharpe.sharpe.quadrature import moments_Mk

warnings.filterwarnings("ignore")

# Skewness, kurtosis, autocorrelation at lag 1.
SHAPES = [
    (0.0, 3.0, 0.0),
    (-2.448, 10.164, 0.0),
    (-2.448, 10.164, 0.2),
    (-0.72, 5.78, 0.0),
    (0.5, 4.0, -0.15),
    (0.0, 30.0, 0.05),
    (0.0, 3.0, 0.9),
    (0.0, 3.0, -0.9),
    (-4.0, 17.0, 0.0),
]
PAPER = 0.036 / 0.079
ANNUAL_1, ANNUAL_2 = 1.0 / math.sqrt(365), 2.0 / math.sqrt(365)


def plain(value):
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    value = float(value)
    return value if math.isfinite(value) else str(value)


def result(function, *arguments, **named):
    try:
        return plain(function(*arguments, **named))
    except Exception as error:  # noqa: BLE001
        return f"error: {type(error).__name__}"


def rows(function, names, cases, shapes, outcome, extra=()):
    """A row for every shape and case, and the cases of `extra`, which name their shape."""
    out = []
    cases = [(shape, case) for shape in shapes for case in cases] + [(e[:3], e[3:]) for e in extra]
    for (skew, kurt, rho), case in cases:
        given = dict(zip(names, case))
        package = {"p": "p_H1"}
        named = {package.get(k, k): v for k, v in given.items() if k != "K" or v != 1}
        value = result(function, **named, gamma3=skew, gamma4=kurt, rho=rho)
        out.append({**given, "skew": skew, "kurt": kurt, "rho": rho, outcome: value})
    return out


def exact_moments(k):
    """Mean, second moment and variance of the largest of k normals, by adaptive quadrature."""
    norm = scipy.stats.norm
    density = lambda z: k * math.exp((k - 1) * norm.logcdf(z)) * norm.pdf(z)  # noqa: E731
    peak = float(norm.ppf(1 - 1 / (k + 1)))
    over = lambda f: sum(  # noqa: E731
        scipy.integrate.quad(lambda z: f(z) * density(z), a, b, epsabs=1e-15, epsrel=1e-13, limit=200)[0]
        for a, b in [(-12, peak), (peak, 12)]
    )
    mean = over(lambda z: z)
    return [mean, over(lambda z: z * z), over(lambda z: (z - mean) ** 2)]


def maxima():
    out = []
    for k in [1, 2, 3, 5, 10, 50, 100, 200, 1000, 10_000]:
        for rho in [0, 0.5]:
            row = {"k": k, "rho": rho, "package": result(moments_Mk, k, rho=rho)}
            out.append(row if rho else {**row, "exact": plain(exact_moments(k))})
    return out


def adjusted():
    out = []
    for p in [
        [0.01, 0.03, 0.05],
        [0.01, 0.04, 0.03],
        [0.001, 0.2, 0.2, 0.9, 0.0004],
        [0.5],
        [0.0, 1.0, 0.02],
        [1e-12, 1e-9, 0.001],
    ]:
        array = np.array(p)
        out.append({
            "p": p,
            "bonferroni": result(corrections.adjusted_p_values_bonferroni, array),
            "sidak": result(corrections.adjusted_p_values_sidak, array),
            "holm": result(corrections.adjusted_p_values_holm, array),
            "holm_sidak": result(corrections.adjusted_p_values_holm, array, variant="sidak"),
        })
    return out


def critical_values():
    names = ["q", "SR0", "SR1", "sigma0", "sigma1", "p_H1"]
    cases = [
        (0.2, 0.0, 0.5, 0.2, 0.3, 0.1),
        (0.25, 0.0, 0.5, 0.204124145231932, 0.270031248072728, 0.05),
        (0.05, 0.0, 0.1, 0.0234, 0.0235, 0.05),
        (0.5, 0.0, 0.5, 0.2, 0.2, 0.9),
        (0.01, 0.0, 0.1, 0.2, 0.05, 0.05),
        (0.2, 0.5, 0.5, 0.2, 0.2, 0.1),
    ]
    return [{**dict(zip(names, c)), "critical": result(corrections.FDR_critical_value, *c)} for c in cases]


def published():
    """The example of the paper."""
    out = []
    for rho in [0.0, 0.2]:
        shape = dict(gamma3=-2.448, gamma4=10.164, rho=rho)
        power = psr.sharpe_ratio_power(0.0, 0.5, 24, **shape)
        best = psr.expected_maximum_sharpe_ratio(10, 0.1)
        row = {
            "psr0": psr.probabilistic_sharpe_ratio(PAPER, 0.0, T=24, **shape),
            "psr01": psr.probabilistic_sharpe_ratio(PAPER, 0.1, T=24, **shape),
            "power05": power,
            "pFDR05": corrections.pFDR(0.05, 0.05, 1 - power),
            "oFDR05": corrections.oFDR(PAPER, 0.0, 0.5, 24, 0.05, **shape),
            "mintrl": psr.minimum_track_record_length(PAPER, 0.0, **shape),
            "dsr_K10": psr.probabilistic_sharpe_ratio(PAPER, best, T=24, **shape, K=10),
            "dsr_K1": psr.probabilistic_sharpe_ratio(PAPER, best, T=24, **shape),
        }
        out.append({"rho": rho, **{k: plain(v) for k, v in row.items()}})
    return out


def document():
    return {
        "made_by": "tests/reference/sharpe_inference.py",
        "versions": {p: version(p) for p in ["jsharpe", "numpy", "scipy"]},
        "sharpe_ratio_variance": rows(
            psr.sharpe_ratio_variance,
            ["SR", "T", "K"],
            [
                (sr, t, k)
                for sr, t in [(0.0, 24), (PAPER, 24), (0.05, 1250), (ANNUAL_2, 1825), (-0.03, 500), (1.5, 60)]
                for k in [1, 10]
            ],
            SHAPES,
            "variance",
            [(0.0, 3.0, 1.0, 0.1, 100, 1), (9.0, 3.0, 0.0, 1.0, 100, 1)],
        ),
        "probabilistic_sharpe_ratio": rows(
            psr.probabilistic_sharpe_ratio,
            ["SR", "SR0", "T", "K"],
            [
                (PAPER, 0.0, 24, 1),
                (PAPER, 0.1, 24, 1),
                (PAPER, 0.1, 24, 10),
                (0.0, 0.0, 250, 1),
                (0.05, 0.113172, 1250, 50),
                (ANNUAL_2, ANNUAL_1, 1825, 1),
                (-0.1, 0.0, 250, 1),
            ],
            SHAPES,
            "psr",
        ),
        "probability_of_given_variance": [
            {
                "SR": sr,
                "SR0": sr0,
                "variance": v,
                "psr": result(psr.probabilistic_sharpe_ratio, sr, sr0, variance=v),
            }
            for sr, sr0, v in [(0.2, 0.1, 0.004), (0.1, 0.2, 0.004), (0.1, 0.1, 1e-6), (0.2, 0.1, 0.0)]
        ],
        "minimum_track_record_length": rows(
            psr.minimum_track_record_length,
            ["SR", "SR0", "alpha"],
            [
                (PAPER, 0.0, 0.05),
                (PAPER, 0.1, 0.1),
                (0.1046848, 0.0523424, 0.05),
                (0.05, 0.0, 0.01),
                (0.05, 0.1, 0.05),
                (0.1, 0.1, 0.05),
            ],
            SHAPES[:6],
            "length",
        ),
        "critical_sharpe_ratio": rows(
            psr.critical_sharpe_ratio,
            ["SR0", "T", "alpha", "K"],
            [
                (0.0, 24, 0.05, 1),
                (0.1, 24, 0.1, 1),
                (0.0, 1095, 0.05, 1),
                (0.05, 1825, 0.01, 1),
                (0.05, 1825, 0.05, 50),
            ],
            SHAPES[:7],
            "critical",
        ),
        "sharpe_ratio_power": rows(
            psr.sharpe_ratio_power,
            ["SR0", "SR1", "T", "alpha", "K"],
            [
                (0.0, 0.5, 24, 0.05, 1),
                (0.0, 0.5, 24, 0.1, 1),
                (0.1, 0.5, 24, 0.1, 1),
                (0.0, ANNUAL_2, 1825, 0.05, 1),
                (0.0, ANNUAL_1, 1095, 0.05, 1),
                (0.0, 0.5, 24, 0.05, 10),
            ],
            SHAPES[:7],
            "power",
        ),
        "expected_maximum_sharpe_ratio": [
            {
                "trials": n,
                "variance": v,
                "SR0": sr0,
                "expected": result(psr.expected_maximum_sharpe_ratio, n, v, sr0),
            }
            for n in [1, 2, 3, 5, 10, 45, 88, 100, 200, 1000, 10_000, 1_000_000]
            for v, sr0 in [(1.0, 0.0), (0.002, 0.0), (0.1, 0.05), (0.0, 0.0)]
        ],
        "maximum_of_k_normals": maxima(),
        "pFDR": [
            {"p": p, "alpha": a, "beta": b, "pFDR": result(corrections.pFDR, p, a, b)}
            for p in [0.01, 0.05, 0.1, 0.5]
            for a, b in [(0.05, 0.315), (0.05, 0.2), (0.01, 0.2), (0.05, 0.95), (1.0, 0.0)]
        ],
        "oFDR": rows(
            corrections.oFDR,
            ["SR", "SR0", "SR1", "T", "p", "K"],
            [
                (PAPER, 0.0, 0.5, 24, 0.05, 1),
                (PAPER, 0.0, 0.5, 24, 0.1, 1),
                (PAPER, 0.1, 0.6, 24, 0.1, 10),
                (0.08, 0.0, ANNUAL_2, 1825, 0.05, 1),
                (0.0, 0.0, 0.1, 500, 0.05, 1),
                (0.9, 0.0, 0.1, 1825, 0.05, 1),
            ],
            SHAPES[:6],
            "oFDR",
            [(0.0, 3.0, 0.0, 3.0, 0.0, 0.1, 1825, 0.05, 1)],
        ),
        "FDR_critical_value": critical_values(),
        "control_for_FDR": rows(
            corrections.control_for_FDR,
            ["q", "SR0", "SR1", "p", "T", "K"],
            [
                (0.25, 0.0, 0.5, 0.05, 24, 1),
                (0.25, 0.0, 0.5, 0.1, 24, 1),
                (0.05, 0.0, ANNUAL_2, 0.05, 1825, 1),
                (0.25, 0.2, 0.7, 0.1, 24, 10),
            ],
            SHAPES[:5],
            "alpha_beta_critical_q",
        ),
        "adjusted_p_values": adjusted(),
        "published": published(),
    }


def lines(value):
    """One row a line: differences can be read."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(v) for v in value) + "\n]"
    return json.dumps(value)


if __name__ == "__main__":
    target = pathlib.Path(__file__).parent / "golden" / "sharpe_inference.json"
    text = ",\n".join(f"{json.dumps(k)}: {lines(v)}" for k, v in document().items())
    target.write_text("{\n" + text + "\n}\n")
