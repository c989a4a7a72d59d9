"""Ceilings: the published ones, and what an ideal classifier really reaches."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlcore.datasets import bayes
from mlcore.datasets.playground import Checker, Gauss, Xor
from mlcore.datasets.surfaces import Hills, Plane
from mlcore.datasets.toys import Blobs, Circles, Moons, Spirals

PUBLISHED = [
    (Circles(noise=0.03), 99.96),
    (Circles(noise=0.05), 97.7),
    (Circles(noise=0.1), 84.0),
    (Circles(noise=0.2), 68.9),
    (Moons(noise=0.1), 99.9),
    (Moons(noise=0.5), 82.3),
    (Blobs(seed=43, std=1.7), 97.7),
    (Blobs(seed=42, std=1.5), 99.3),
    (Spirals(classes=2), 100),
    (Spirals(classes=3), 100),
    (Spirals(classes=4), 96.1),
    (Spirals(classes=5), 93.8),
    (Spirals(classes=6), 92.1),
    (Gauss(noise=1.0), 99.77),  # Phi(2 sqrt 2)
    (Xor(noise=0.0), 100),
    (Xor(noise=2.0), 77.25),  # q² + (1 - q)², q the share of one axis that keeps its sign
    (Checker(noise=0.0), 100),
]


@pytest.mark.parametrize(("toy", "percent"), PUBLISHED)
def test_a_ceiling_is_the_published_one(toy, percent):
    assert toy.ceiling() * 100 == pytest.approx(percent, abs=0.2)


@pytest.mark.parametrize(("noise", "percent"), [(0.2, 96.9), (0.3, 91.7)])
def test_two_ceilings_of_moons_differ_from_the_published_ones_by_a_quarter_of_a_point(noise, percent):
    """The integral says 97.1 and 91.5 %, and so does the ideal classifier of the test below."""
    assert Moons(noise=noise).ceiling() * 100 == pytest.approx(percent, abs=0.25)


def best_answers_of_moons(x, noise):
    """The denser moon at each point, by brute force over points of both arcs."""
    t = np.linspace(0, np.pi, 400)
    arcs = [np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]]
    weights = np.where((t == 0) | (t == t[-1]), 0.5, 1.0)
    square = [((x[:, None] - arc) ** 2).sum(axis=2) for arc in arcs]
    first, second = (np.exp(-d / (2 * noise**2)) @ weights for d in square)
    return second > first


@pytest.mark.parametrize("noise", [0.2, 0.3, 0.5])
def test_an_ideal_classifier_of_moons_reaches_the_ceiling_and_no_more(noise):
    n, random = 40_000, np.random.RandomState(5)
    t, which = random.uniform(0, np.pi, n), np.arange(n) % 2
    x = np.where(which[:, None] == 0, np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)])
    x = x + random.normal(scale=noise, size=x.shape)
    right = np.concatenate([best_answers_of_moons(part, noise) for part in np.split(x, 40)]) == which
    assert right.mean() == pytest.approx(bayes.moons(noise), abs=4 * right.std() / math.sqrt(n))


@pytest.mark.parametrize("toy", [Blobs(seed=43), Blobs(centers=7, std=3.0), Blobs(centers=2, std=8.0)])
def test_the_nearest_centre_reaches_the_ceiling_of_blobs(toy):
    x, y = toy.points(100_000, np.random.RandomState([1]))
    nearest = ((x[:, None] - toy._centres()) ** 2).sum(axis=2).argmin(axis=1)
    right = nearest == y
    assert right.mean() == pytest.approx(toy.ceiling(), abs=4 * right.std() / math.sqrt(len(x)) + 1e-5)


def test_the_best_radius_reaches_the_ceiling_of_circles():
    x, y = Circles(noise=0.1).points(200_000, np.random.RandomState([1]))
    r = np.hypot(x[:, 0], x[:, 1])
    best = max(((r < cut) == y).mean() for cut in np.linspace(0.8, 1.0, 81))
    assert best == pytest.approx(Circles(noise=0.1).ceiling(), abs=0.003)


def test_the_nearest_angle_reaches_the_ceiling_of_spirals():
    toy = Spirals(classes=5, noise=0.3)
    x, y = toy.points(200_000, np.random.RandomState([1]))
    r = np.hypot(x[:, 0], x[:, 1])
    away = np.arctan2(x[:, 0], x[:, 1])[:, None] - 4 * r[:, None] - 4 * np.arange(5)
    nearest = np.cos(away).argmax(axis=1)
    right = (nearest == y)[r > 0]
    assert right.mean() == pytest.approx(toy.ceiling(), abs=0.003)


def test_the_field_a_point_lies_in_reaches_the_ceiling_of_a_board():
    for toy in (Xor(noise=1.0), Checker(noise=0.3), Checker(squares=3, noise=0.5)):
        x, y = toy.points(200_000, np.random.RandomState([1]))
        edges = toy._edges()[1:-1] if isinstance(toy, Checker) else [0.0]
        field = np.searchsorted(edges, x).sum(axis=1) % 2
        right = (field if isinstance(toy, Checker) else 1 - field) == y
        assert right.mean() == pytest.approx(toy.ceiling(), abs=4 * right.std() / math.sqrt(len(x)))


@pytest.mark.parametrize("toy", [Plane(), Plane(noise=2.0), Hills(), Hills(noise=0.5)])
def test_who_knows_the_surface_reaches_the_best_r2(toy):
    x, y = toy.points(200_000, np.random.RandomState([1]))
    reached = 1 - ((y - toy.height(x)) ** 2).mean() / y.var()
    assert reached == pytest.approx(toy.ceiling(), abs=0.004)
    assert toy.load().ceiling == toy.ceiling() and toy.load().task[:3] == ("regression", 1, ())


@pytest.mark.parametrize("toy", [Circles(noise=0), Circles(noise=0, factor=0), Moons(noise=0), Spirals(noise=0)])
def test_without_noise_everything_can_be_known(toy):
    assert toy.ceiling() == pytest.approx(1, abs=1e-4) and toy.ceiling() <= 1


@pytest.mark.parametrize(
    "toy", [Circles(noise=10), Moons(noise=10), Spirals(noise=10), Blobs(std=100, centers=10), Checker(noise=5)]
)
def test_in_loud_noise_little_more_than_chance_is_left(toy):
    chance = 1 / toy._classes()
    assert chance <= toy.ceiling() < chance + 0.03


def test_a_loaded_toy_brings_its_ceiling_unless_half_the_point_is_hidden():
    assert Circles().load().ceiling == Circles().ceiling() == bayes.circles(0.8, 0.05)
    assert Circles(features=("x1", "x2", "x1^2")).load().ceiling == bayes.circles(0.8, 0.05)
    assert Circles(features=("x1", "x2^2")).load().ceiling is None
