"""Codes of projects where there are more of them than serial numbers."""

import re
from datetime import date

import numpy as np
import pytest

from schema.project.rules import PROJECT_CODE
from schema.sample import project
from schema.sample.load import counts
from schema.sample.project import _codes


def test_codes_differ_though_serials_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "SERIALS", 50)
    entered = np.full(500, date(2024, 3, 1).toordinal())
    codes = _codes(np.random.default_rng(3), entered, ["210202"] * 500)  # 20 prefixes of 50 serials, half of them taken
    assert len(set(codes)) == len(codes) == 500
    assert {code[:11] for code in codes} == {"2403-210202"}
    assert all(re.fullmatch(PROJECT_CODE, code) for code in codes)


def test_a_million_is_a_size_and_ten_million_is_none() -> None:
    assert counts(1_000_000) == {"issue": 2_000_000, "inspection": 1_500_000, "parcel": 60_000}
    with pytest.raises(ValueError, match="1 to 2,000,000 projects"):
        counts(10_000_000)
