import pytest

from tests.notebooks.needed_cells import needed_cells

CELLS = {
    "import": "import numpy as np\nimport matplotlib.pyplot as plt",
    "pixels": "pixels = np.zeros(3)\nrates = {}",
    "figure": "figure, axes = plt.subplots()\naxes.plot(pixels)\nplt.show()",
    "filled": "for step in (1, 2):\n    rates[step] = pixels.sum() / step",
    "function": "def rate(step):\n    found = rates[step] + offset\n    return found",
    "found": "found = [step for step in rates]",
    "offset": "offset = 3",
    "grown": "found.append(7)",
    "added": "offset += 1",
}
FOUND = ["import", "pixels", "filled", "found"]


@pytest.mark.parametrize(
    ("solution", "needed"),
    [
        ("1 + 1", []),
        ("np.ones(2)", ["import"]),
        ("pixels.sum()", ["import", "pixels"]),
        ("found", [*FOUND, "grown"]),
        ("found = 3\nfound", []),
        ("[found for found in (1, 2)]", []),
        ("axes", ["import", "pixels", "figure"]),
        ("rate(1)", ["import", "pixels", "filled", "function", "offset", "added"]),
        ("lambda: offset", ["offset", "added"]),
        ("def later(a=pixels):\n    return a", ["import", "pixels"]),
        ("class Later:\n    first = offset", ["offset", "added"]),
        ("[one for one in found if one > offset]", [*FOUND, "offset", "grown", "added"]),
    ],
)
def test_cells_that_a_solution_needs(solution, needed):
    names = [*CELLS, "solution"]
    cells = [*CELLS.values(), solution]
    found = needed_cells(cells, {len(CELLS)})
    assert [names[index] for index in found] == [*needed, "solution"]


def test_of_two_that_bind_a_name_the_last_counts():
    assert needed_cells(["a = 1", "a = 2", "b = a"], {2}) == [1, 2]
    assert needed_cells(["a = 1", "a = a + 1", "b = a"], {2}) == [0, 1, 2]
