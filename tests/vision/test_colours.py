"""Colours by name, and as groups of pixels."""

import numpy as np
import pytest

from sightline.vision.colours import css_name, dominant_colours, simple_name


@pytest.mark.parametrize(
    ("rgb", "css", "simple"),
    [
        ((0, 0, 0), "black", "black"),
        ((255, 255, 255), "white", "white"),
        ((128, 128, 128), "gray", "grey"),
        ((250, 5, 5), "red", "red"),
        ((255, 165, 0), "orange", "orange"),
        ((255, 255, 0), "yellow", "yellow"),
        ((0, 128, 0), "green", "green"),
        ((0, 255, 255), "cyan", "cyan"),
        ((0, 0, 255), "blue", "blue"),
        ((0, 0, 128), "navy", "blue"),
        ((128, 0, 128), "purple", "purple"),
        ((255, 192, 203), "pink", "pink"),
        ((139, 69, 19), "saddlebrown", "brown"),
        ((135, 206, 235), "skyblue", "blue"),
        ((20, 24, 22), "black", "black"),
    ],
)
def test_names(rgb: tuple[int, int, int], css: str, simple: str) -> None:
    assert (css_name(rgb), simple_name(rgb)) == (css, simple)


def test_noise_around_a_colour_is_that_colour() -> None:
    noise = np.random.default_rng(3).normal(0, 3, (5000, 3))
    pixels = (np.array([70, 130, 180]) + noise).clip(0, 255).astype(np.uint8)
    (colour,) = dominant_colours(pixels, 10)
    assert (colour.css, colour.percent) == ("steelblue", 100)
    assert np.abs(np.subtract(colour.rgb, (70, 130, 180))).max() <= 1


def test_a_small_part_of_another_colour_is_not_lost() -> None:
    pixels = np.full((1000, 3), 240, np.uint8)
    pixels[:20] = (200, 0, 0)
    white, red = dominant_colours(pixels, 10)
    assert (white.percent, red.percent) == (98, 2)
    assert red.rgb == (200, 0, 0)


def test_more_colours_than_places_are_merged_and_none_is_left_out() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (4000, 3), np.uint8)
    for most in (1, 2, 20):
        found = dominant_colours(pixels, most)
        assert len(found) == most
        assert sum(each.percent for each in found) == pytest.approx(100)


def test_no_pixels_and_no_colours() -> None:
    assert dominant_colours(np.empty((0, 3), np.uint8), 5) == []
    assert dominant_colours(np.zeros((9, 3), np.uint8), 0) == []
