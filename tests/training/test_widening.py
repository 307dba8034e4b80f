"""Low and high hold the counts by eye in every stratum that has photos enough."""

import numpy as np

from core.recognition.intervals import count_candidates
from training.dataset import EyeCount
from training.widening import fit_widening


def test_low_and_high_each_hold_nine_in_ten_counts_by_eye_in_every_stratum():
    random = np.random.default_rng(8)
    eyes, probability, flags = [], [], []
    strata = [(n, faint, spread) for n in (1, 6, 20) for faint, spread in ((0, 0.3), (2, 0.9))]
    for n, faint, spread in strata:
        for _ in range(200):
            best = int(n * random.lognormal(0.3, spread))
            eyes.append(EyeCount(best, best, best))
            probability.append(np.array([0.97] * n + [0.06] * n * faint, np.float32))
            flags.append("")
    widening = fit_widening(eyes, probability, flags, 0.5, 1.0)
    assert (widening.counts, widening.doubts) == ((1, 2, 4, 11), (1.0, 2.0))
    widths = {}
    for n, faint, _ in strata:
        p = np.array([0.97] * n + [0.06] * n * faint, np.float32)
        count = count_candidates(p, p >= 0.5, 1.0, "", widening)
        best = np.array([eye.best for eye, q in zip(eyes, probability, strict=True) if len(q) == len(p) and q[0] > 0.9
                         and (q > 0.9).sum() == n])  # fmt: skip
        assert (best <= count.high).mean() >= 0.9
        assert n == 1 or (best >= count.low).mean() >= 0.9, "of one, the surest candidate says that there is one"
        widths[n, faint] = count.high
    assert widths[6, 2] > widths[6, 0], "and is no wider than its stratum takes"
    assert widening.of(2, 2) == (2, 2), "nothing is said of counts that no photo has"


def test_flagged_photos_widen_low_alone():
    many, p = [EyeCount(9, 9, 9)] * 40, [np.full(2, 0.97, np.float32)] * 40
    assert fit_widening(many, p, [""] * 40, 0.5, 1.0).of(2, 2) == (2, 9)
    assert fit_widening(many, p, ["tiny"] * 40, 0.5, 1.0).of(2, 2) == (2, 2)
    assert fit_widening([EyeCount(1, 1, 1)] * 40, [q + 0.029 for q in p], ["tiny"] * 40, 0.5, 1.0).of(2, 2) == (1, 2)
