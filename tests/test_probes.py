"""Probe names are fixed at a desk and fresh at each grading; a reference can be read with either."""

import pytest

from autograder.probes import DESK, PROBE_VARIABLE, at_a_desk, fresh_ending, is_grading, probe, with_ending


def test_at_a_desk_names_are_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PROBE_VARIABLE, raising=False)
    assert probe("x") == "x_probe"
    assert not is_grading()


def test_at_a_grading_names_have_its_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROBE_VARIABLE, "0a1b2c3d")
    assert probe("x") == "x_0a1b2c3d"
    assert is_grading()


def test_endings_are_fresh_and_fit_into_names() -> None:
    endings = {fresh_ending() for _ in range(100)}
    assert len(endings) == 100
    assert all(ending.isalnum() and ending != DESK for ending in endings)


def test_a_reference_is_read_with_another_ending_and_back() -> None:
    reference = "model_probe/W and x_probe"
    assert with_ending(reference, "0a1b") == "model_0a1b/W and x_0a1b"
    assert at_a_desk(with_ending(reference, "0a1b"), "0a1b") == reference
